import NIOCore
import Testing

@testable import Idempotency

/// Unknown outcomes: what the caller gets, what is stored, and that both are the same bytes where both exist.
@Suite struct HTTPExchangeUnknownTests {
  @Test(
    "An answer whose status HTTP does not have is no whole answer: 502, and what is stored can be replayed (X10, X14)",
    arguments: [Int.min, -1, 0, 99, 1_000, .max])
  func noStatus(status: Int) {
    for choice in UnknownOutcome.allCases {
      for body in ["answer", nil] {
        let bench = HTTPExchangeBench(choice)
        // What such an answer says of itself counts for nothing.
        let first = bench.request(.answered(status, [("Idempotency-Result", "release")], body: body)).answer
        #expect(first.status == 502)
        #expect(first.problemType == "origin-failed")
        switch choice {
        case .hold:
          #expect(first.label == .uncertain)
          #expect(bench.record?.head.state == .uncertain)
        case .store:
          #expect(first.label == .executed)
          #expect(bench.record?.metadata.status == 502)
          let replay = bench.request(.answered(200)).answer
          #expect(replay.summary == "replayed 502")
          #expect(replay.text == first.text)
        case .executeAgain:
          #expect(first.label == .uncertain)
          #expect(bench.record?.head.state == .reserved)
        }
      }
    }
  }

  @Test("No whole answer: 502 origin-failed, 504 origin-timeout; retryable only where a retry can learn more (X10)")
  func layersOwn() {
    for choice in UnknownOutcome.allCases {
      let failed = HTTPExchangeBench(choice).request(.failed("reset by peer")).answer
      #expect(failed.status == 502)
      #expect(failed.problemType == "origin-failed")
      #expect(failed.problem["retryable"] == (choice == .store ? "false" : "true"))
      #expect(failed.label == (choice == .store ? .executed : .uncertain))
      let bench = HTTPExchangeBench(choice)
      var run = bench.begin()
      bench.feed(.timer(.silence), to: &run)
      #expect(run.answer.status == 504)
      #expect(run.answer.problemType == "origin-timeout")
      #expect(run.answer.problem["retryable"] == (choice == .store ? "false" : "true"))
    }
  }

  @Test("store: what is given is what is replayed, byte for byte (E11)")
  func storeIdentical() {
    let outcomes: [OriginOutcome?] = [
      .failed("reset"), .answered(503, [("X-Kept", "1")], body: "busy"), nil,
      .answered(409, [("Idempotency-Status", "failed")]),
    ]
    for outcome in outcomes {
      let bench = HTTPExchangeBench(.store)
      var run = bench.begin()
      bench.feed(outcome.map { .operation($0) } ?? .timer(.silence), to: &run)
      #expect(run.answer.label == .executed)
      let replay = bench.request(.answered(200)).answer
      #expect(replay.summary == "replayed \(run.answer.status)")
      #expect(replay.text == run.answer.text)
      #expect(Array(replay.fields.dropLast()) == run.answer.fields)
    }
  }

  @Test("store: an uncertain answer that cannot be kept leaves a tombstone, never an empty answer")
  func storeTooLarge() {
    let bench = HTTPExchangeBench(.store)
    let first = bench.request(.answered(502, body: nil)).answer
    #expect(first.summary == "executed 502")
    #expect(first.body == .origin)
    let replay = bench.request(.answered(200)).answer
    #expect(replay.summary == "not-retained 409")
    #expect(replay.problem["original_status"] == "502")
  }

  @Test("store: an answer that comes while the layer's 504 is being stored is not given in its place")
  func storeLate() {
    for abandoned in [false, true] {
      let bench = HTTPExchangeBench(.store)
      var run = bench.begin()
      let moment = bench.moment
      let first = run.exchange.handle(abandoned ? .abandon : .timer(.silence), at: moment)
      guard case .send(let complete)? = first.first else {
        Issue.record("nothing was stored")
        continue
      }
      #expect(run.exchange.handle(.operation(.answered(201)), at: moment).isEmpty)
      _ = try? bench.table.perform(complete, for: HTTPExchangeBench.key, now: 1_700_000_000_000)
      for case .answer(let answer) in run.exchange.handle(.storeReplied(.complete, .outcome(.applied)), at: moment) {
        run.answers.append(answer)
      }
      #expect(run.answer.status == (abandoned ? 502 : 504))
      #expect(bench.request(.answered(200)).answer.text == run.answer.text)
    }
  }

  @Test("store: a lost executor leaves 500 outcome-lost, the same for all (X1)")
  func lostExecutor() {
    let bench = HTTPExchangeBench(.store)
    _ = bench.begin()
    bench.time = 31_000
    let second = bench.request(.answered(200)).answer
    let third = bench.request(.answered(200)).answer
    #expect(second.summary == "replayed 500")
    #expect(second.problemType == "outcome-lost")
    #expect(second.problem["retryable"] == "false")
    #expect(second.values("idempotent-replayed") == ["true"])
    #expect(third.summary == "replayed 500")
    #expect(third.text == second.text)
    #expect(third.fields == second.fields)
  }

  @Test("hold: a lost executor is uncertain and never run again (X1)")
  func heldExecutor() {
    let bench = HTTPExchangeBench()
    _ = bench.begin()
    bench.time = 31_000
    let second = bench.request(.answered(200))
    #expect(second.answer.summary == "uncertain 409")
    #expect(second.attempts == [])
    #expect(second.answer.values("retry-after") == [])
  }

  @Test("execute-again: in-progress until the lease ends, then one takeover with attempt 2 (X1)")
  func again() {
    let bench = HTTPExchangeBench(.executeAgain)
    _ = bench.begin()
    bench.time = 29_000
    #expect(bench.request(.answered(200)).answer.summary == "in-progress 409")
    bench.time = 30_000
    let second = bench.request(.answered(200))
    #expect(second.attempts == [2])
    #expect(second.answer.summary == "executed 200")
  }

  @Test("A late answer completes the record: retries get it (X10)", arguments: [UnknownOutcome.hold, .executeAgain])
  func late(_ choice: UnknownOutcome) {
    let bench = HTTPExchangeBench(choice)
    var run = bench.begin()
    bench.feed(.timer(.silence), to: &run)
    #expect(run.answer.summary == "uncertain 504")
    bench.feed(.operation(.answered(201)), to: &run)
    #expect(run.answers.count == 1)
    #expect(run.isFinished)
    #expect(bench.request(.answered(200)).answer.summary == "replayed 201")
  }

  @Test("A late answer that releases, frees the key; one that is uncertain itself changes nothing (X10)")
  func lateOther() {
    let bench = HTTPExchangeBench()
    var run = bench.begin()
    bench.feed(.timer(.silence), to: &run)
    bench.feed(.operation(.answered(429)), to: &run)
    #expect(bench.request(.answered(200)).answer.summary == "executed 200")
    let other = HTTPExchangeBench()
    var still = other.begin()
    other.feed(.timer(.silence), to: &still)
    other.feed(.operation(.answered(502)), to: &still)
    #expect(still.isFinished)
    #expect(other.request(.answered(200)).answer.summary == "uncertain 409")
  }

  @Test("The store goes away while it runs: the real answer, marked pending, and stored later (X5)")
  func pending() {
    let bench = HTTPExchangeBench()
    var run = bench.begin()
    bench.failure = StoreFailure(.unknown, "no reply")
    bench.feed(.operation(.answered(201)), to: &run)
    #expect(run.answer.summary == "executed 201")
    #expect(run.answer.values("idempotency-stored") == ["pending"])
    #expect(!run.isFinished)
    #expect(run.exchange.own == nil, "the answer is held twice")
    bench.failure = nil
    bench.feed(.timer(.retry), to: &run)
    #expect(run.isFinished)
    #expect(bench.request(.answered(200)).answer.summary == "replayed 201")
  }

  @Test("What is pending names what it is: released, uncertain (X5)")
  func pendingOther() {
    for (outcome, summary) in [(OriginOutcome.answered(429), "released 429"), (.failed("reset"), "uncertain 502")] {
      let bench = HTTPExchangeBench()
      var run = bench.begin()
      bench.failure = StoreFailure(.refused(.readOnly), "READONLY")
      bench.feed(.operation(outcome), to: &run)
      #expect(run.answer.summary == summary)
      #expect(run.answer.values("idempotency-stored") == ["pending"])
    }
  }

  @Test("A pending body that is let go becomes a tombstone (X5)")
  func dropped() {
    let bench = HTTPExchangeBench()
    var run = bench.begin()
    bench.failure = StoreFailure(.refused(.full), "OOM")
    bench.feed(.operation(.answered(201)), to: &run)
    #expect(run.exchange.pendingBytes == 6)
    run.exchange.dropPendingBody()
    bench.failure = nil
    bench.feed(.timer(.retry), to: &run)
    #expect(bench.request(.answered(200)).answer.problem["original_status"] == "201")
  }
}

import NIOCore
import Testing

@testable import Idempotency

/// DESIGN's table of `Idempotency-Status` (rule E21): one test for each row that an exchange can give.
@Suite struct HTTPExchangeStatusTests {
  @Test("executed: ran, answer stored; then replayed, with its mark (E3, E4)")
  func executed() {
    let bench = HTTPExchangeBench()
    let first = bench.request(.answered(201))
    #expect(first.answer.summary == "executed 201")
    #expect(first.answer.values("idempotency-status") == ["executed"])
    #expect(first.answer.values("idempotent-replayed") == [])
    #expect(first.answers.count == 1)
    #expect(first.isFinished)
    let second = bench.request(.answered(500))
    #expect(second.answer.summary == "replayed 201")
    #expect(second.answer.values("idempotent-replayed") == ["true"])
    #expect(second.answer.text == "answer")
    #expect(second.attempts == [])
  }

  @Test("A policy's own mark stands in the place of Idempotent-Replayed")
  func marker() {
    let bench = HTTPExchangeBench { $0.replayMarker = "X-Cache-Hit" }
    _ = bench.request(.answered(201, [("x-cache-hit", "origin's")]))
    let replay = bench.request(.answered(500)).answer
    #expect(replay.values("X-Cache-Hit") == ["true"])
    #expect(replay.values("Idempotent-Replayed") == [])
  }

  @Test(
    "released: 401, 407, 408, 425, 429 and a 503 with Retry-After; the key is free again (E9, E10)",
    arguments: [
      401, 407, 408, 425, 429, 503,
    ])
  func released(_ status: Int) {
    let bench = HTTPExchangeBench()
    let fields = status == 503 ? [("Retry-After", "3")] : []
    #expect(bench.request(.answered(status, fields)).answer.summary == "released \(status)")
    let again = bench.request(.answered(200))
    #expect(again.answer.summary == "executed 200")
    #expect(again.attempts == [2])
  }

  @Test("Other 4xx and 500 are stored (E9, E10)", arguments: [400, 403, 404, 409, 422, 499, 500, 501, 599])
  func stored(_ status: Int) {
    let bench = HTTPExchangeBench()
    #expect(bench.request(.answered(status)).answer.summary == "executed \(status)")
    #expect(bench.request(.answered(200)).answer.summary == "replayed \(status)")
  }

  @Test("502, 503, 504 leave the outcome unknown (E10)", arguments: [502, 503, 504])
  func unknown(_ status: Int) {
    let bench = HTTPExchangeBench()
    let first = bench.request(.answered(status)).answer
    #expect(first.summary == "uncertain \(status)")
    #expect(first.text == "answer")
    let second = bench.request(.answered(200)).answer
    #expect(second.summary == "uncertain 409")
    #expect(second.problemType == "outcome-uncertain")
  }

  @Test("The origin was not reached: released, 502 with Retry-After, attempt grows (X10)")
  func notReached() {
    let bench = HTTPExchangeBench()
    let first = bench.request(.notReached("connection refused")).answer
    #expect(first.summary == "released 502")
    #expect(first.problemType == "origin-unreachable")
    #expect(first.values("retry-after") == ["1"])
    #expect(first.problem["detail"] == "connection refused")
    #expect(bench.request(.answered(200)).attempts == [2])
  }

  @Test("A new key is safe only where no attempt under this one can have had an effect (E12)")
  func safeNewKey() {
    for (choice, safe) in [(UnknownOutcome.hold, "true"), (.store, "true"), (.executeAgain, "false")] {
      let bench = HTTPExchangeBench(choice)
      #expect(bench.request(.notReached("refused")).answer.problem["safe_new_key"] == safe)
    }
    // The record was left by a node that executes again; this node's policy has changed to hold since.
    let bench = HTTPExchangeBench(.executeAgain)
    _ = bench.begin()
    bench.time = 31_000
    bench.policy.execution.unknownOutcome = .hold
    let second = bench.request(.notReached("refused"))
    #expect(second.attempts == [2])
    #expect(second.answer.problem["safe_new_key"] == "false")
  }

  @Test("in-progress: 409 with Retry-After of at least 1 (E2)")
  func inProgress() {
    let bench = HTTPExchangeBench()
    _ = bench.begin()
    let answer = bench.request(.answered(200)).answer
    #expect(answer.summary == "in-progress 409")
    #expect(answer.values("retry-after") == ["1"])
    #expect(answer.problem["title"] == "A request is outstanding for this Idempotency-Key")
  }

  @Test("mismatch: 422, in whatever state, and before in-progress (F1, F3)")
  func mismatch() {
    let bench = HTTPExchangeBench()
    var first = bench.begin()
    let during = bench.request(.answered(200), HTTPExchangeBench.foreign)
    #expect(during.answer.summary == "mismatch 422")
    #expect(during.answer.problem["title"] == "Idempotency-Key is already used")
    #expect(during.attempts == [])
    bench.feed(.operation(.answered(201)), to: &first)
    #expect(bench.request(.answered(200), HTTPExchangeBench.foreign).answer.summary == "mismatch 422")
    #expect(bench.request(.answered(200)).answer.summary == "replayed 201")
  }

  @Test("not-retained: T, original_status, Location and ETag (E16)")
  func notRetained() {
    let bench = HTTPExchangeBench()
    let fields = [("Location", "/transfers/7"), ("ETag", "\"7\""), ("X-Other", "x"), ("Content-Type", "text/plain")]
    let first = bench.request(.answered(201, fields, body: nil))
    #expect(first.answer.summary == "executed 201")
    #expect(first.answer.body == .origin)
    let second = bench.request(.answered(200))
    #expect(second.answer.summary == "not-retained 409")
    #expect(second.attempts == [])
    #expect(second.answer.problem["original_status"] == "201")
    #expect(second.answer.values("location") == ["/transfers/7"])
    #expect(second.answer.values("etag") == ["\"7\""])
    #expect(second.answer.values("x-other") == [])
    #expect(second.answer.values("content-type") == ["application/problem+json"])
    #expect(second.answer.values("idempotent-replayed") == [])
  }

  @Test("A damaged or newer tombstone is told apart (X14)")
  func damaged() throws {
    let bench = HTTPExchangeBench()
    _ = bench.request(.answered(201, body: nil))
    var newer = try #require(bench.record)
    newer.head.version = 0x39
    bench.table.put(newer.encoded(), under: HTTPExchangeBench.key, expires: .max)
    #expect(bench.request(.answered(200)).answer.problemType == "record-too-new")
    newer.head.version = RecordHead.currentVersion
    let bytes = newer.encoded().getSlice(at: 0, length: RecordHead.byteCount + 4)
    bench.table.put(bytes, under: HTTPExchangeBench.key, expires: .max)
    #expect(bench.request(.answered(200)).answer.summary == "failed 500")
  }

  @Test("failed: 503 without a store, and the origin is not touched (X4)")
  func failed() {
    let bench = HTTPExchangeBench()
    bench.failure = StoreFailure(.notSent, "away")
    let run = bench.request(.answered(200))
    #expect(run.answer.summary == "failed 503")
    #expect(run.answer.problemType == "store-unavailable")
    #expect(run.answer.values("retry-after") == ["1"])
    #expect(run.attempts == [])
  }

  @Test("failed: the node stops before it runs (X11)")
  func stopping() {
    let bench = HTTPExchangeBench()
    var run = HTTPExchangeBench.Run(
      exchange: HTTPExchange(
        policy: bench.policy, fingerprint: HTTPExchangeBench.mine, token: .random(), worker: "bench"))
    bench.feed(.abandon, to: &run)
    #expect(run.answer.summary == "failed 503")
    #expect(run.answer.problemType == "not-ready")
  }

  @Test("failed: what stands there is no record; after the operation ran that is not denied (X14)")
  func unreadable() {
    let bench = HTTPExchangeBench()
    bench.table.put(ByteBuffer(string: "?"), under: HTTPExchangeBench.key, expires: .max)
    let before = bench.request(.answered(200))
    #expect(before.answer.summary == "failed 500")
    #expect(before.attempts == [])
    #expect(before.answer.problem["detail"]?.contains("Nothing was executed") == true)
    let other = HTTPExchangeBench()
    var run = other.begin()
    other.table.put(ByteBuffer(string: "?"), under: HTTPExchangeBench.key, expires: .max)
    other.feed(.operation(.answered(200)), to: &run)
    #expect(run.answer.summary == "failed 500")
    #expect(run.answer.problem["detail"]?.contains("Nothing was executed") == false)
  }

  @Test("unguarded: it ran without the store, whatever it came to")
  func unguarded() {
    for (outcome, status) in [(OriginOutcome.answered(201), 201), (.failed("reset"), 502), (.answered(429), 429)] {
      let bench = HTTPExchangeBench { $0.execution.onUnavailable = .execute }
      bench.failure = StoreFailure(.notSent, "away")
      let run = bench.request(outcome)
      #expect(run.answer.summary == "unguarded \(status)")
      #expect(run.attempts == [nil])
    }
  }

  @Test("The statuses of the layer's own answers are the policy's")
  func statuses() {
    let bench = HTTPExchangeBench {
      $0.statuses.mismatch = 409
      $0.statuses.inProgress = 425
      $0.statuses.uncertain = 500
      $0.statuses.notRetained = 410
    }
    var run = bench.begin()
    let inProgress = bench.request(.answered(200)).answer
    #expect(inProgress.summary == "in-progress 425")
    #expect(inProgress.problem["status"] == "425")
    #expect(bench.request(.answered(200), HTTPExchangeBench.foreign).answer.summary == "mismatch 409")
    bench.feed(.operation(.failed("reset")), to: &run)
    #expect(bench.request(.answered(200)).answer.summary == "uncertain 500")
    let other = HTTPExchangeBench { $0.statuses.notRetained = 410 }
    _ = other.request(.answered(200, body: nil))
    #expect(other.request(.answered(200)).answer.summary == "not-retained 410")
  }

  @Test("A stale owner's caller gets what stands in the record, and a 504 where nothing does (X3)")
  func stale() {
    let bench = HTTPExchangeBench(.executeAgain)
    var first = bench.begin()
    bench.time = 31_000
    let second = bench.request(.answered(201))
    #expect(second.answer.summary == "executed 201")
    bench.feed(.operation(.answered(202, body: "other")), to: &first)
    #expect(first.answer.summary == "replayed 201")
    #expect(first.answer.text == "answer")

    let gone = HTTPExchangeBench(.executeAgain)
    var late = gone.begin()
    gone.time = 31_000
    gone.table.remove(HTTPExchangeBench.key)
    gone.feed(.operation(.answered(202)), to: &late)
    #expect(late.answer.summary == "uncertain 504")
  }
}

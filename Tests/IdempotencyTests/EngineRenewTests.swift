import Testing

@testable import Idempotency

@Suite struct EngineRenewTests {
  private func executing(_ choice: UnknownOutcome = .hold) -> EngineBench {
    var bench = EngineBench(choice)
    bench.execute()
    return bench
  }

  @Test("An operation longer than its lease is renewed every third of it (X2)")
  func renewed() {
    var bench = executing()
    for third in 1...9 as ClosedRange<Int64> {
      bench.time = third * 10_000
      #expect(bench.fire(.renew) == ["renew to \(bench.time + 30_000)", "renew in 10000"])
      #expect(bench.reply(.renew, .applied) == [])
    }
    #expect(bench.operation(EngineBench.done) == ["complete C 201"])
  }

  @Test("One renewal at a time; one without reply is sent again a third later")
  func unanswered() {
    var bench = executing()
    bench.time = 10_000
    _ = bench.fire(.renew)
    bench.time = 20_000
    #expect(bench.fire(.renew) == ["renew in 10000"])
    #expect(bench.fail(.renew) == [])
    bench.time = 30_000
    #expect(bench.fire(.renew) == ["renew to 60000", "renew in 10000"])
  }

  @Test("0 stops renewing and nothing else: it may still complete")
  func lost() {
    var bench = executing()
    bench.time = 10_000
    _ = bench.fire(.renew)
    #expect(bench.reply(.renew, .lost) == [])
    #expect(bench.fire(.renew) == [])
    #expect(bench.operation(EngineBench.done) == ["complete C 201"])
    #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"])
  }

  @Test("A renewal carries the record as it was acknowledged last: by that an owner under x may put it back")
  func deadlines() {
    var bench = executing(.executeAgain)
    bench.time = 10_000
    _ = bench.fire(.renew)
    _ = bench.fail(.renew)
    bench.time = 20_000
    _ = bench.fire(.renew)
    guard case .renew(_, let deadline, let record, _) = bench.sent[.renew] else {
      Issue.record("no renewal")
      return
    }
    #expect(deadline == EngineBench.epoch + 50_000)
    #expect(record.head.leaseDeadline == EngineBench.epoch + 30_000)
    #expect(record.head.attempt == 1)
    _ = bench.reply(.renew, .applied)
    _ = bench.operation(EngineBench.done)
    guard case .complete(_, let own, _, _) = bench.sent[.complete] else {
      Issue.record("no completion")
      return
    }
    #expect(own == EngineBench.epoch + 50_000)
  }

  @Test("While the store does not tell its time, deadlines go by this node's own clock and never run ahead")
  func withoutTime() {
    var bench = executing()
    bench.offset = nil
    for third in 1...5 as ClosedRange<Int64> {
      bench.time = third * 10_000
      #expect(bench.fire(.renew).first == "renew to \(bench.time + 30_000)")
      _ = bench.reply(.renew, .applied)
    }
  }

  @Test("A pending completion keeps its lease alive (X5)")
  func pending() {
    var bench = executing()
    _ = bench.operation(EngineBench.done)
    bench.time = 10_000
    #expect(bench.fire(.renew) == ["renew to 40000", "renew in 10000"])
    #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"])
    #expect(bench.reply(.renew, .lost) == [])
  }

  @Test(
    "An unknown outcome ends renewing under hold and execute-again", arguments: [UnknownOutcome.hold, .executeAgain])
  func unknown(_ choice: UnknownOutcome) {
    var bench = executing(choice)
    _ = bench.fire(.silence)
    #expect(bench.fire(.renew) == [])
  }
}

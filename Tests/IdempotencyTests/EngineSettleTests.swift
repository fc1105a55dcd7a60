import NIOCore
import Testing

@testable import Idempotency

@Suite struct EngineSettleTests {
  private func executing(
    _ choice: UnknownOutcome = .hold, _ change: (inout ExecutionPolicy) -> Void = { _ in }
  ) -> EngineBench {
    var bench = EngineBench(choice, change)
    bench.execute()
    return bench
  }

  @Test(
    "One lost reply of complete costs nothing: it is sent again at once, and 2 is as good as 1 (X7)",
    arguments: [
      StoreOutcome.applied, .already, .restored,
    ])
  func resent(_ outcome: StoreOutcome) {
    var bench = executing()
    _ = bench.operation(EngineBench.done)
    #expect(bench.fail(.complete) == ["complete C 201"])
    #expect(bench.reply(.complete, outcome) == ["answer executed", "finish"])
  }

  @Test("After two time-outs the caller is answered, and the store is asked until it takes it (X5)")
  func pending() {
    var bench = executing()
    _ = bench.operation(EngineBench.done)
    _ = bench.fail(.complete)
    #expect(bench.fail(.complete) == ["answer executed pending", "retry in 100"])
    var pause: Int64 = 100
    for _ in 0..<8 {
      #expect(bench.fire(.retry) == ["complete C 201"])
      #expect(bench.fire(.retry) == [])
      pause = min(2 * pause, 2_000)
      #expect(bench.fail(.complete) == ["retry in \(pause)"])
    }
    _ = bench.fire(.retry)
    #expect(bench.reply(.complete, .applied) == ["finish"])
  }

  @Test("After one refusal the caller is answered (X12)")
  func refused() {
    var bench = executing()
    _ = bench.operation(EngineBench.done)
    #expect(bench.refuse(.complete, .readOnly) == ["answer executed pending", "retry in 50"])
  }

  @Test("What is pending is dropped when a reservation would not stand any more: nothing is tried for ever")
  func bounded() {
    var bench = executing {
      $0.uncertainRetention = .seconds(3_600); $0.retention = .seconds(60)
    }
    _ = bench.operation(EngineBench.done)
    _ = bench.fail(.complete)
    _ = bench.fail(.complete)
    bench.time = 3_599_999
    _ = bench.fire(.retry)
    #expect(bench.fail(.complete) == ["retry in 200"])
    bench.time = 3_600_001
    _ = bench.fire(.retry)
    #expect(bench.fail(.complete) == ["finish"])
  }

  @Test("Bytes that are pending can be let go; then it is a tombstone")
  func dropped() {
    var bench = executing()
    _ = bench.operation(EngineBench.done)
    _ = bench.refuse(.complete)
    #expect(bench.engine.pendingBytes == 4)
    bench.engine.dropPendingBody()
    #expect(bench.engine.pendingBytes == 0)
    #expect(bench.fire(.retry) == ["complete T 201"])
  }

  @Test(
    "A stale owner's caller gets what stands in the record (X3)",
    arguments: [
      (RecordState.completed, "answer replay"), (.notRetained, "answer notRetained"), (.reserved, "answer inProgress"),
      (.uncertain, "answer uncertain-before"), (.free, "answer superseded"),
    ])
  func lost(_ state: RecordState, _ answer: String) {
    var bench = executing()
    _ = bench.operation(EngineBench.done)
    #expect(bench.reply(.complete, .lost) == ["read"])
    #expect(bench.reply(.read, bench.record(state)) == [answer, "finish"])
  }

  @Test("A stale owner finds nothing, or a record of another request: it learns nothing of that (X3, I8)")
  func lostToNobody() {
    var bench = executing()
    _ = bench.operation(EngineBench.done)
    _ = bench.reply(.complete, .lost)
    #expect(bench.reply(.read, .absent) == ["answer superseded", "finish"])
    bench = executing()
    _ = bench.operation(EngineBench.done)
    _ = bench.reply(.complete, .lost)
    let record = bench.record(.completed, fingerprint: EngineBench.foreign)
    #expect(bench.reply(.read, record) == ["answer uncertain-before", "finish"])
    bench = executing()
    _ = bench.operation(EngineBench.done)
    _ = bench.reply(.complete, .lost)
    #expect(bench.fail(.read) == ["answer superseded", "finish"])
  }

  @Test("A stale owner whose caller was answered leaves it at that (X3)")
  func lostBehind() {
    var bench = executing()
    _ = bench.operation(EngineBench.done)
    _ = bench.refuse(.complete)
    _ = bench.fire(.retry)
    #expect(bench.reply(.complete, .lost) == ["finish"])
  }

  @Test("A longer answer is kept as a tombstone (E16); the origin's retention is never below two leases")
  func terms() {
    var bench = executing()
    let outcome = OperationOutcome.done(EngineBench.answer, retained: false, retention: 5)
    #expect(bench.operation(outcome) == ["complete T 201"])
    guard case .complete(_, _, let record, let ttl) = bench.sent[.complete] else {
      Issue.record("no completion")
      return
    }
    #expect(record.body.readableBytes == 0)
    #expect(ttl == 60_000)
  }

  @Test("hold: the mark stands before the caller hears of it")
  func hold() {
    var bench = executing()
    #expect(bench.operation(EngineBench.unknown) == ["markUncertain"])
    #expect(bench.reply(.markUncertain, .applied) == ["answer uncertain", "finish"])
  }

  @Test("hold: a mark that somebody overtook is as good; one without reply is repeated behind the answer")
  func markUnanswered() {
    var bench = executing()
    _ = bench.operation(EngineBench.unknown)
    #expect(bench.reply(.markUncertain, .lost) == ["answer uncertain", "finish"])
    bench = executing()
    _ = bench.operation(EngineBench.unknown)
    #expect(bench.fail(.markUncertain) == ["markUncertain"])
    #expect(bench.fail(.markUncertain) == ["answer uncertain pending", "retry in 100"])
    #expect(bench.fire(.retry) == ["markUncertain"])
    #expect(bench.reply(.markUncertain, .already) == ["finish"])
  }

  @Test("store: the answer is stored at once, then given")
  func store() {
    var bench = executing(.store)
    #expect(bench.operation(EngineBench.unknown) == ["complete C 504"])
    #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"])
  }

  @Test("execute-again: nothing is written")
  func executeAgain() {
    var bench = executing(.executeAgain)
    #expect(bench.operation(EngineBench.unknown) == ["answer uncertain", "finish"])
  }

  @Test("A release that is refused: the key is another's by now, and what stands there is the answer (X3)")
  func releaseLost() {
    let bench = EngineBench()
    let cases: [(StoreReply, String)] = [
      (bench.record(.completed), "answer replay"), (bench.record(.reserved), "answer inProgress"),
      (bench.record(.uncertain), "answer uncertain-before"), (bench.record(.free), "answer released"),
      (.absent, "answer released"),
    ]
    for (reply, answer) in cases {
      var bench = executing()
      _ = bench.operation(.released)
      #expect(bench.reply(.release, .lost) == ["read"])
      #expect(bench.reply(.read, reply) == [answer, "finish"])
    }
    var answered = executing()
    _ = answered.operation(.released)
    _ = answered.refuse(.release)
    _ = answered.fire(.retry)
    #expect(answered.reply(.release, .lost) == ["finish"])
  }

  @Test("A released key: answered when the release is acknowledged, or after two time-outs; repeated until it is")
  func released() {
    var bench = executing()
    #expect(bench.operation(.released) == ["release"])
    #expect(bench.reply(.release, .applied) == ["answer released", "finish"])
    bench = executing()
    _ = bench.operation(.released)
    #expect(bench.fail(.release) == ["release"])
    #expect(bench.fail(.release) == ["answer released pending", "retry in 100"])
    #expect(bench.fire(.retry) == ["release"])
    #expect(bench.reply(.release, .already) == ["finish"])
  }
}

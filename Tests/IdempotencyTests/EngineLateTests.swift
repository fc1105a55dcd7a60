import Testing

@testable import Idempotency

/// The origin answers after its caller was told that it did not (rule X10).
@Suite struct EngineLateTests {
  private func executing(_ choice: UnknownOutcome) -> EngineBench {
    var bench = EngineBench(choice) {
      $0.originTimeout = .seconds(20)
      $0.lateAnswer = .seconds(300)
    }
    bench.execute()
    return bench
  }

  @Test("Silence is timed from the moment it runs")
  func timed() {
    var bench = EngineBench { $0.originTimeout = .seconds(20) }
    _ = bench.start()
    _ = bench.reply(.reserve, .granted)
    #expect(bench.ready() == ["execute 1", "renew in 10000", "silence in 20000"])
  }

  @Test("hold: the mark, the 504, then the late answer completes the record, its lease not renewed")
  func hold() {
    var bench = executing(.hold)
    #expect(bench.fire(.silence) == ["markUncertain"])
    #expect(bench.reply(.markUncertain, .applied) == ["answer uncertain", "lateAnswer in 300000"])
    #expect(bench.fire(.renew) == [])
    #expect(bench.operation(EngineBench.done) == ["complete C 201"])
    #expect(bench.reply(.complete, .applied) == ["finish"])
    #expect(bench.fire(.lateAnswer) == [])
  }

  @Test("execute-again: nothing is written, and the late answer completes what nobody has taken over")
  func executeAgain() {
    var bench = executing(.executeAgain)
    #expect(bench.fire(.silence) == ["answer uncertain", "lateAnswer in 300000"])
    #expect(bench.fire(.renew) == [])
    #expect(bench.operation(EngineBench.done) == ["complete C 201"])
    #expect(bench.reply(.complete, .lost) == ["finish"])
  }

  @Test("store: the 504 is stored, the late answer discarded", arguments: [true, false])
  func store(_ isStored: Bool) {
    var bench = executing(.store)
    #expect(bench.fire(.silence) == ["complete C 504"])
    if isStored { #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"]) }
    #expect(bench.operation(EngineBench.done) == [])
    if !isStored { #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"]) }
  }

  @Test(
    "A late answer goes through the results table: released releases, uncertain writes nothing",
    arguments: [
      UnknownOutcome.hold, .executeAgain,
    ])
  func lateOutcomes(_ choice: UnknownOutcome) {
    for (outcome, expected) in [(OperationOutcome.released, "release"), (EngineBench.unknown, "finish")] {
      var bench = executing(choice)
      _ = bench.fire(.silence)
      if choice == .hold { _ = bench.reply(.markUncertain, .applied) }
      #expect(bench.operation(outcome) == [expected])
    }
  }

  @Test("A late answer is waited for no longer than lateAnswer")
  func over() {
    var bench = executing(.hold)
    _ = bench.fire(.silence)
    _ = bench.reply(.markUncertain, .applied)
    #expect(bench.fire(.lateAnswer) == ["finish"])
    #expect(bench.operation(EngineBench.done) == [])
  }

  @Test("It comes while the mark is on its way: the caller gets the real answer, the mark's reply does not matter")
  func whileMarking() {
    for outcome in [StoreOutcome.applied, .lost] {
      var bench = executing(.hold)
      _ = bench.fire(.silence)
      #expect(bench.operation(EngineBench.done) == ["complete C 201"])
      #expect(bench.reply(.markUncertain, outcome) == [])
      #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"])
    }
    var bench = executing(.hold)
    _ = bench.fire(.silence)
    _ = bench.operation(EngineBench.done)
    #expect(bench.fail(.markUncertain) == [])
    #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"])
  }

  @Test("It comes while the mark is retried: the mark is left alone, one completion is on its way at a time")
  func whileMarkRetries() {
    var bench = executing(.hold)
    _ = bench.fire(.silence)
    _ = bench.fail(.markUncertain)
    #expect(bench.fail(.markUncertain) == ["answer uncertain pending", "retry in 100"])
    #expect(bench.operation(EngineBench.done) == ["complete C 201"])
    #expect(bench.fire(.retry) == [])
    #expect(bench.fail(.complete) == ["retry in 50"])
    #expect(bench.fire(.retry) == ["complete C 201"])
    #expect(bench.reply(.complete, .applied) == ["finish"])
  }

  @Test("It fails while the mark is on its way: nothing is waited for behind the mark")
  func failsWhileMarking() {
    var bench = executing(.hold)
    _ = bench.fire(.silence)
    #expect(bench.operation(EngineBench.unknown) == [])
    #expect(bench.reply(.markUncertain, .applied) == ["answer uncertain", "finish"])
  }

  @Test("A second silence, and one after the answer, say nothing")
  func twice() {
    var bench = executing(.hold)
    _ = bench.fire(.silence)
    #expect(bench.fire(.silence) == [])
    bench = executing(.hold)
    _ = bench.operation(EngineBench.done)
    #expect(bench.fire(.silence) == [])
  }
}

import Testing

@testable import Idempotency

/// The node stops: rule X11.
///
/// What runs becomes uncertain, what was not forwarded is released, every caller is answered.
@Suite struct EngineAbandonTests {
  @Test("Before it starts")
  func idle() {
    var bench = EngineBench()
    #expect(bench.handle(.abandon) == ["answer stopping", "finish"])
    #expect(bench.start() == [])
  }

  @Test("While it reserves: released, although the reply is still to come (X11)")
  func reserving() {
    var bench = EngineBench()
    _ = bench.start()
    #expect(bench.handle(.abandon) == ["answer stopping", "release"])
    #expect(bench.reply(.reserve, .granted) == [])
    #expect(bench.reply(.release, .applied) == ["finish"])
  }

  @Test("While it reclaims: the release overtakes the reclaim (X11)")
  func reclaiming() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.free, fingerprint: .any))
    #expect(bench.handle(.abandon) == ["answer stopping", "release expecting"])
  }

  @Test("While it reads: nothing is held, or what may be is released (X11)")
  func reading() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.refuse(.reserve)
    #expect(bench.handle(.abandon) == ["answer stopping", "finish"])
    bench = EngineBench()
    _ = bench.start()
    _ = bench.fail(.reserve)
    _ = bench.refuse(.reserve)
    #expect(bench.handle(.abandon) == ["answer stopping", "release"])
  }

  @Test("When it is about to run: released, and it does not run (X11)")
  func prepared() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.reply(.reserve, .granted)
    #expect(bench.handle(.abandon) == ["answer stopping", "release"])
    #expect(bench.ready() == [])
    bench = EngineBench()
    _ = bench.start()
    bench.time = 20_000
    _ = bench.reply(.reserve, .granted)
    _ = bench.ready()
    #expect(bench.handle(.abandon) == ["answer stopping", "release"])
    #expect(bench.reply(.renew, .applied) == [])
  }

  @Test(
    "While it runs: unknown outcome, by policy (X11)",
    arguments: [
      (UnknownOutcome.hold, ["markUncertain"]), (.store, ["complete C 504"]),
      (.executeAgain, ["answer uncertain", "finish"]),
    ])
  func executing(_ choice: UnknownOutcome, _ expected: [String]) {
    var bench = EngineBench(choice)
    bench.execute()
    #expect(bench.handle(.abandon) == expected)
    #expect(bench.handle(.abandon) == [])
  }

  @Test("While it runs and its mark is on its way, a late truth is still taken (X11)")
  func lateTruth() {
    var bench = EngineBench()
    bench.execute()
    _ = bench.handle(.abandon)
    #expect(bench.operation(EngineBench.done) == ["complete C 201"])
    #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"])
  }

  @Test("While it runs unguarded: its caller is not told that nothing was executed (X11)")
  func unguarded() {
    var bench = EngineBench { $0.onUnavailable = .execute }
    bench.offset = nil
    _ = bench.start()
    #expect(bench.handle(.abandon) == ["answer stopping", "finish"])
    bench = EngineBench { $0.onUnavailable = .execute }
    bench.offset = nil
    _ = bench.start()
    _ = bench.ready()
    #expect(bench.handle(.abandon) == ["answer unguarded", "finish"])
  }

  @Test("While its end is written, that goes on; behind the mark nothing is waited for (X11)")
  func settling() {
    var bench = EngineBench()
    bench.execute()
    _ = bench.operation(EngineBench.done)
    #expect(bench.handle(.abandon) == [])
    #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"])
    bench = EngineBench { $0.originTimeout = .seconds(1) }
    bench.execute()
    _ = bench.fire(.silence)
    #expect(bench.handle(.abandon) == [])
    #expect(bench.reply(.markUncertain, .applied) == ["answer uncertain", "finish"])
  }

  @Test("While a late answer is waited for: over (X11)")
  func awaiting() {
    var bench = EngineBench { $0.originTimeout = .seconds(1) }
    bench.execute()
    _ = bench.fire(.silence)
    _ = bench.reply(.markUncertain, .applied)
    #expect(bench.handle(.abandon) == ["finish"])
  }
}

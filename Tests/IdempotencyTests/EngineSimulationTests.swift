import Testing

@testable import Idempotency

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Random interleavings of several engines over one key, with lost, delayed, repeated and refused commands, dead and
/// suspended workers, silent origins and late answers (rules E1, X1 to X3, X6, X7, X10 to X12, X16), and with requests that wait (rule E18).
///
/// `ENGINE_SEED=n` replays one seed and prints its trace; `ENGINE_SEEDS=n` runs so many.
@Suite struct EngineSimulationTests {
  private static func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
  private static let seeds: ClosedRange<UInt64> =
    if let seed = number("ENGINE_SEED") { seed...seed } else { 1...(number("ENGINE_SEEDS") ?? 1_500) }

  @Test(
    "At most one effect, equal answers, everybody answered, the key settles",
    arguments: [
      UnknownOutcome.hold, .store, .executeAgain, nil,
    ])
  func holds(_ choice: UnknownOutcome?) {
    var coverage: Set<String> = []
    for seed in Self.seeds {
      var run = EngineSimulation(seed: seed, choice: choice)
      run.run()
      coverage.formUnion(run.coverage)
      guard !run.violations.isEmpty || Self.seeds.count == 1 else { continue }
      run = EngineSimulation(seed: seed, choice: choice, isTraced: true)
      run.run()
      let trace = run.trace.joined(separator: "\n")
      if run.violations.isEmpty {
        print(trace)
      } else {
        Issue.record("ENGINE_SEED=\(seed) \(choice.map { "\($0)" } ?? "mixed"): \(run.violations)\n\(trace)")
        return
      }
    }
    // A run that never met a fault proves nothing (I15).
    guard Self.seeds.count >= 1_500 else { return }
    var expected: Set<String> = ["suspended", "late answer", "broken", "pending", "replay", "takeover"]
    expected.formUnion(["waited", "lost change", "reclaim after waiting"])
    if choice == .hold { expected.insert("uncertain") }
    if choice == .store { expected.insert("settled") }
    for kind in [StoreOperation.Kind.reserve, .reclaim, .complete, .renew, .release] {
      expected.formUnion(["lost reply of \(kind)", "late copy of \(kind)", "second copy of \(kind)", "refused \(kind)"])
    }
    #expect(coverage.isSuperset(of: expected), "never met: \(expected.subtracting(coverage).sorted())")
  }

  @Test(
    "A deliberate mistake is noticed: the checks can fail",
    arguments: [
      (EngineSimulation.Mutation.completeIgnoresToken, UnknownOutcome.executeAgain, "P_ANSWER"),
      (.newTokenOnResend, .hold, "P_CAUSE"),
      (.clockStopsInSuspension, .executeAgain, "P_ATTEMPT"),
      (.forgetsThatItWaited, .executeAgain, "E18"),
    ])
  func notices(_ mutation: EngineSimulation.Mutation, _ choice: UnknownOutcome, _ property: String) {
    let caught = (1...3_000 as ClosedRange<UInt64>).contains { seed in
      var run = EngineSimulation(seed: seed, choice: choice, mutation: mutation)
      run.run()
      return run.violations.contains { $0.contains(property) }
    }
    #expect(caught, "\(mutation) went unnoticed")
  }
}

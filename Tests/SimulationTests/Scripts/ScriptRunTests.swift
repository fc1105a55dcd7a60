import Foundation
import IdempotencyTesting
import Testing

/// The scripts in a real Redis are linearizable: some order explains what owners heard who sent everything at once.
@Suite struct ScriptRunTests {
  /// Enough for every outcome to be seen tens of times.
  static let seedCount: UInt64 = 400
  /// Runs at a time: so many owners that Redis always has commands of several in its hands.
  private static let width = 4

  @Test("I5, I7, I15: the replies to concurrent scripts have an order", .timeLimit(.minutes(3)))
  func linearizable() async throws {
    let replayed = ProcessInfo.processInfo.environment["SCRIPT_SEED"].flatMap { UInt64($0) }
    let seeds = replayed.map { [$0] } ?? Array(1...Self.seedCount)
    var seen: Set<String> = []
    try await ScriptFixture.with { fixture in
      try await withThrowingTaskGroup(of: ScriptRun.self) { group in
        for (index, seed) in seeds.enumerated() {
          if index >= Self.width, let run = try await group.next() { seen.formUnion(Self.check(run)) }
          group.addTask { try await ScriptRun(seed: seed, on: fixture) }
        }
        for try await run in group { seen.formUnion(Self.check(run)) }
      }
    }
    // One seed cannot see everything.
    guard replayed == nil else { return }
    #expect(ScriptRun.outcomes.subtracting(seen) == [], "I15: never seen, so nothing was shown about it")
    #expect(seen.subtracting(ScriptRun.outcomes) == [], "an outcome that a command cannot have")
  }

  private static func check(_ run: ScriptRun) -> Set<String> {
    for violation in run.violations {
      Issue.record(
        """
        seed \(run.seed): \(violation)
        SCRIPT_SEED=\(run.seed) sends the same again as long as owners read the same; how it meets is up to the machine.
        """)
    }
    return run.seen
  }

  @Test("A reply that was altered is caught", .timeLimit(.minutes(3)))
  func altered() async throws {
    var grants = 0
    var records = 0
    try await ScriptFixture.with { fixture in
      for seed: UInt64 in 1...20 {
        let run = try await ScriptRun(seed: seed, on: fixture, name: "altered")
        #expect(run.violations == [], "seed \(seed)")
        var forged = run
        if forged.forgeGrant() {
          grants += 1
          #expect(Set(forged.violations.map(\.invariant)) == ["linearizability"], "seed \(seed)")
        }
        forged = run
        if forged.forgeRecord() {
          records += 1
          #expect(Set(forged.violations.map(\.invariant)) == ["linearizability"], "seed \(seed)")
        }
      }
    }
    #expect(grants > 0 && records > 0)
  }
}

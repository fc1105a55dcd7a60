import IdempotencyTesting

/// What one run came to.
struct Report: Sendable {
  let fault: String
  /// Keys that were used.
  let operations: Int
  let requests: Int
  /// Operations of which somebody was told that their outcome is not known.
  let uncertain: Int
  /// From the end of the fault until the last key had settled.
  let settle: Duration
  let situations: Set<String>
  let violations: [HistoryChecker.Violation]

  /// Effects that must not have been.
  var duplicates: Int { violations.count { $0.invariant == "I1" } }

  /// Operations whose acknowledged answer was contradicted, or that never settled.
  var lost: Int { violations.count { ["I2", "I3", "I10", "I13"].contains($0.invariant) } }
}

import Testing
@testable import Harness

/// Every fault, and what its runs came to.
enum Matrix {
  static let table = ChaosTable(rows: Fault.matrix.map(\.name))
  /// What must have happened in some run (I15).
  static let required: Set = [
    "takeover", "stale completion", "uncertain outcome", "lost reply", "lost key restored", "lost answer restored",
    "NOSCRIPT", "unknown store outcome", "pending answer", "late answer", "record unreadable", "client gone",
    "store unavailable", "counts compared",
  ]
}

extension Trait where Self == TableTrait {
  /// Prints the matrix.
  static var matrix: Self {
    TableTrait(
      table: Matrix.table, title: "Faults against workers, Redis, origin and clients", required: Matrix.required,
      faults: Set(Fault.matrix.map(\.name)))
  }
}

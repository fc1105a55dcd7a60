/// How often each key had its effect, and the operations that do not end yet.
final class Ledger {
  private var effects: [String: Int] = [:]
  private var held: [() -> Void] = []

  func add(_ key: String) {
    effects[key, default: 0] += 1
  }

  /// Keeps an operation from ending.
  func hold(_ end: @escaping () -> Void) {
    held.append(end)
  }

  /// Lets every operation that is held end.
  func release() {
    let ends = held
    held = []
    for end in ends { end() }
  }

  /// What was done since it was last asked.
  func takeSummary() -> LedgerSummary {
    defer { effects = [:] }
    return LedgerSummary(
      keys: effects.count, effects: effects.values.reduce(0, +), most: effects.values.max() ?? 0)
  }
}

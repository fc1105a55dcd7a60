import Hummingbird

/// How often what was done: the answer to `GET /ledger`.
struct LedgerSummary: Codable, Sendable, ResponseEncodable {
  /// All effects.
  private(set) var effects = 0
  /// Effects by operation.
  private(set) var operations: [String: Int] = [:]
  /// Effects by key, of those requests that had one: under a policy each is 1.
  ///
  /// It grows with the ledger; whoever has many keys asks for one at a time.
  private(set) var keys: [String: Int] = [:]

  mutating func add(_ entry: LedgerEntry) {
    effects += 1
    operations[entry.operation.rawValue, default: 0] += 1
    if let key = entry.key { keys[key, default: 0] += 1 }
  }
}

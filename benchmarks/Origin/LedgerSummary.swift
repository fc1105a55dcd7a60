/// What the origin really did.
struct LedgerSummary: Codable, Sendable {
  /// How many keys had an effect.
  var keys: Int
  /// How many effects there were.
  var effects: Int
  /// The most effects that one key had.
  var most: Int
}

/// The stream in which operations are recorded.
struct AuditSettings: Sendable, Hashable {
  /// Whether they are.
  var isEnabled = false
  /// How many entries the stream keeps.
  ///
  /// A million by default: some hundred megabytes of Redis.
  var maximumEntries = 1_000_000

  /// A hundred million: more is a database's work.
  static let maximumEntriesRange = 1...100_000_000
}

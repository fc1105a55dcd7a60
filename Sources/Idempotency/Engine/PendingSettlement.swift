/// What an exchange is writing about its operation's end.
struct PendingSettlement: Sendable {
  /// What is stored; nil while the outcome is unknown.
  var answer: StoredAnswer?
  /// The answer itself is kept.
  var retained = true
  /// How long, in milliseconds.
  var retention: Int64 = 0
  /// When the operation was done, Unix milliseconds by the store's clock.
  var completed: Int64 = 0
  /// A late outcome may follow.
  var open = false
}

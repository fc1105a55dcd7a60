/// The integer with which complete, renew, release, mark-uncertain and resolve answer.
public enum StoreOutcome: Int, Sendable, CaseIterable {
  /// The record is not, or no longer, one that this command may change. Nothing was changed.
  case lost = 0
  /// The command changed the record.
  case applied = 1
  /// An earlier copy of the same command changed it.
  case already = 2
  /// The key was absent (the store lost it): the command put it there.
  case restored = 3
  /// To resolve: a request may still be on its way. Nothing was changed.
  case tooEarly = 4
  /// What stands there is no record. Nothing was changed.
  case unreadable = 9
}

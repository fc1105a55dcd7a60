/// What the store answered to a ``StoreOperation``.
public enum StoreReply: Sendable, Hashable {
  /// To reserve: the key was absent and is ours now.
  case granted
  /// To reserve, read and reclaim: the record as it stands.
  case record(StoredRecord)
  /// To read and reclaim: there is no record.
  case absent
  /// To complete, renew, release, mark-uncertain and resolve.
  case outcome(StoreOutcome)
  /// To reclaim: taken over, as this attempt.
  case reclaimed(attempt: Int)
  /// To reclaim: the lease was over and its owner had chosen to hold (or attempts have run out): now uncertain.
  case nowUncertain
  /// To reclaim: the lease was over and its owner had chosen to store: the `lost` record stands there now.
  case settled
  /// To any: what stands there is no record. Nothing was changed.
  case unreadable
}

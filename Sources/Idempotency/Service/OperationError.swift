/// Why an operation gives no result now.
///
/// Nothing was executed now, except perhaps under ``outcomeUnknown``.
public enum OperationError: Error, Sendable, Hashable {
  /// Another caller runs it. Ask again later, with the same key.
  case inProgress
  /// The key belongs to an operation with another fingerprint.
  case keyReused
  /// Nobody knows whether it had its effect.
  case outcomeUnknown
  /// It is done, and its result was too large to be kept.
  case resultNotRetained
  /// The store could not be asked.
  case storeUnavailable(StoreFailure)
  /// What stands under the key is no record this version can read.
  case recordUnreadable
  /// The service does not run, or drains.
  case notReady
}

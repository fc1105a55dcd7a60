/// Why an operation gives no result now, and whether its effect may have happened.
///
/// In every case the same key may be used again: it never makes an operation run twice.
public enum OperationError: Error, Sendable, Hashable {
  /// Another caller runs it.
  ///
  /// Ask again later, with the same key. This call executed nothing, unless its lease was over before its operation had
  /// ended and another took the key: then the effect may have happened, and the other's result decides.
  case inProgress
  /// The key belongs to an operation with another fingerprint; nothing was executed.
  case keyReused
  /// Nobody knows whether it had its effect, in this call or in an earlier one.
  case outcomeUnknown
  /// It is done, in this call or in an earlier one, and its result was not kept: it was too large or could not be encoded.
  case resultNotRetained
  /// The store could not be asked; nothing was executed.
  case storeUnavailable(StoreFailure)
  /// What stands under the key is no record this version can read; nothing was executed.
  case recordUnreadable
  /// The service does not run, or drains; nothing was executed.
  case notReady
  /// The operation asked for its own key while it ran: it would have waited for itself.
  ///
  /// The inner call executed nothing and changed nothing. The outer operation goes on, and may return its result as if it
  /// had not asked; if it lets this error through, that is one that it threw like any other.
  case reentrant
}

/// What an operation came to, as the engine distinguishes it.
public enum OperationOutcome: Sendable {
  /// It is done. With `retained` false the answer itself is not kept.
  ///
  /// - Parameter retention: How long it is replayed, in milliseconds, where the operation itself says so; at least two
  ///   leases, at most three centuries.
  case done(StoredAnswer, retained: Bool, retention: Int64?)
  /// It certainly had no effect: the key is free again.
  case released
  /// Nobody knows. `answer` is what is stored where the policy stores unknown outcomes.
  ///
  /// - Parameter open: The operation still runs, and a late outcome may follow.
  case unknown(StoredAnswer, open: Bool)
}

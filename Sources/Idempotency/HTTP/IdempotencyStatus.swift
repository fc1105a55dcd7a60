/// What became of a guarded request: the value of `Idempotency-Status`, and the metrics' label (rule E21).
public enum IdempotencyStatus: String, Sendable, CaseIterable {
  /// It ran, and its answer (or that it is done) is stored.
  case executed
  /// It ran or was tried without effect; the key is free again.
  case released
  /// The stored answer.
  case replayed
  /// Done before; the answer was not kept.
  case notRetained = "not-retained"
  /// Another request runs the operation.
  case inProgress = "in-progress"
  /// The key belongs to another request.
  case mismatch
  /// The outcome is not known, now or from before.
  case uncertain
  /// Refused by this layer: 400, 401, 413.
  case rejected
  /// This layer could not do its work: 500, 503.
  case failed
  /// It ran without the store, because the policy says so.
  case unguarded
  /// A key was sent and no policy matched. The only value on requests that are not guarded.
  case ignored
}

extension Engine {
  /// What the caller is told.
  public enum Answer: Sendable {
    /// The operation's own answer, and what stands in the store now.
    ///
    /// - Parameter pending: The store did not take it yet; it is tried again in the background.
    case own(Standing, pending: Bool)
    /// The first answer, as it stands in this record (state C).
    case replay(StoredRecord)
    /// Done, and the answer was not retained (state T).
    case notRetained(StoredRecord)
    /// The executor was lost; this answer was stored in its place just now.
    case settled(StoredAnswer)
    /// Another request runs the operation.
    case inProgress
    /// The key belongs to another fingerprint. Nothing was executed or changed.
    case mismatch
    /// Nobody knows whether the operation had its effect; nothing was executed now.
    case uncertain
    /// The store could not be asked. Nothing was executed.
    case unavailable(StoreFailure)
    /// This node stops. Nothing was executed.
    case stopping
    /// What stands under the key is no record. Nothing was executed.
    case unreadable
    /// The operation ran, but the key was taken from it and nothing is known under it.
    case superseded
  }

  /// How the key stands after this request's own operation.
  public enum Standing: Sendable, Hashable {
    /// The answer (or a tombstone) is stored.
    case executed
    /// The key is free again.
    case released
    /// The outcome is not known.
    case uncertain
    /// It ran without the store.
    case unguarded
  }
}

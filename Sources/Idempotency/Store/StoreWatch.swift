/// Somebody's interest in the changes of one record.
public protocol StoreWatch: Sendable {
  /// Ends the interest.
  ///
  /// A change that is being told may still arrive; calls after the first do nothing.
  func cancel()
}

/// A request that waits for another's execution.
struct Waiting: Sendable, Hashable {
  /// A read is on its way.
  var isReading = false
  /// The record has changed since that read was sent: its reply may be older than the change.
  var hasChanged = false
  /// Why the last read has no reply; nil where it has one.
  var failure: StoreFailure?
}

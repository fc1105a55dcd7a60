public import NIOCore

/// A store that an event loop can ask without a thread hop and without a task.
public protocol EventLoopStore: IdempotencyStore {
  /// Sends one operation about one key.
  ///
  /// - Parameters:
  ///   - operation: The operation.
  ///   - key: The key.
  ///   - eventLoop: The loop this is called on, one of the store's group if it has one.
  ///   - then: Called once, on the loop, never before this method returns.
  func perform(
    _ operation: StoreOperation, for key: RecordKey, on eventLoop: any EventLoop,
    then: @escaping (Result<StoreReply, StoreFailure>) -> Void)
}

public import HiredisNIO
public import NIOCore

/// Where records are kept, and how careful the store is with a Redis that has changed.
public struct RedisStoreConfiguration: Sendable {
  /// The server and the client's limits; its `commandTimeout` (500 ms) bounds each operation.
  public var redis: RedisConfiguration

  /// What every key begins with, a colon after it; of the alphabet `[A-Za-z0-9._-]{1,64}`.
  public var prefix = "idem"

  /// How long nothing is reserved on a node that was not seen before, so that every worker can put back what it lost.
  ///
  /// 5 s by default: longer than the longest reconnect backoff (2 s) plus two command time-outs. 0 for a single worker.
  public var settle: TimeAmount = .seconds(5)

  /// Makes a configuration with the defaults of every property.
  ///
  /// - Parameter redis: The server and the client's limits.
  public init(redis: RedisConfiguration) {
    self.redis = redis
  }
}

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
  /// 5 s by default, which is ``shortestSettle`` with the client's own defaults. 0 for a single worker.
  public var settle: TimeAmount = .seconds(5)

  /// How long a worker may take to find a Redis that is back, and to put back what it holds.
  ///
  /// An attempt to connect that began while Redis was away runs into `connectTimeout` (2 s), the longest pause follows
  /// (2 s), and then two commands (500 ms each). What a worker puts back later than ``settle`` others may have reserved.
  public var shortestSettle: TimeAmount {
    redis.connectTimeout + redis.reconnectBackoff.maximum + redis.commandTimeout * 2
  }

  /// How much this process remembers so as to put it back into a Redis that lost its last writes.
  public struct PutBack: Sendable, Hashable {
    /// How long before the last contact with a history that was lost an outcome must have been acknowledged to be put
    /// back; the outage itself does not count.
    ///
    /// 5 s by default: `appendfsync everysec` lags two seconds at most, and a replica that lags five is lost.
    public var window: TimeAmount = .seconds(5)

    /// The bytes of outcomes that are kept; of more, the oldest go first, for they are the likeliest to be on the disk or
    /// the replica.
    ///
    /// 64 MiB by default: answers of 16 KiB at 800 a second for the whole window, and as much as may wait for a Redis that
    /// is away. While outcomes are put back, as many again.
    public var bytes = 64 * 1024 * 1024

    /// Makes the defaults.
    public init() {}
  }

  /// How much this process remembers so as to put it back.
  public var putBack = PutBack()

  /// Makes a configuration with the defaults of every property.
  ///
  /// - Parameter redis: The server and the client's limits.
  public init(redis: RedisConfiguration) {
    self.redis = redis
  }
}

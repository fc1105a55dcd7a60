public import NIOCore

/// That a connection which had been ready was lost or closed.
public struct RedisDisconnect: Sendable {
  /// The event loop that the connection was bound to.
  public let eventLoop: any EventLoop
  /// Which connection it was, as ``RedisSession/generation`` counts.
  public let generation: UInt64
  /// Why; its code is ``RedisError/Code/shutDown`` when the client closed it.
  public let error: RedisError
}

public import NIOCore

/// One server whose address never changes.
public struct StandaloneTopology: RedisTopology {
  private let address: RedisConfiguration.Address

  /// Makes the topology of one server.
  ///
  /// - Parameter address: Where it is.
  public init(address: RedisConfiguration.Address) {
    self.address = address
  }

  /// Gives the address.
  ///
  /// - Parameter eventLoop: The event loop of the connection to be made.
  /// - Returns: The address, at once.
  public func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Address> {
    eventLoop.makeSucceededFuture(address)
  }

  /// There is no other server.
  ///
  /// - Parameter error: The error reply.
  /// - Returns: False.
  public func reconnects(after error: RedisServerError) -> Bool { false }
}

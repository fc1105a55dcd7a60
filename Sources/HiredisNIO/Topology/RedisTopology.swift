public import NIOCore

/// Knows which server to talk to.
///
/// It is asked before every attempt to connect.
///
/// A standalone server has one address for good; Sentinel would answer with the present primary, and a cluster with
/// the owner of a slot.
public protocol RedisTopology: Sendable {
  /// Finds the server.
  ///
  /// - Parameter eventLoop: The event loop of the connection to be made.
  /// - Returns: The address. A failure counts as a failed attempt to connect; the connection's `connectTimeout` runs.
  func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Address>

  /// Whether an error reply means that this server is no longer the one to talk to, as `READONLY` does after a
  /// failover.
  ///
  /// The command it answered has failed as refused either way; if true the connection is closed too, and the address
  /// resolved again.
  ///
  /// - Parameter error: The error reply.
  /// - Returns: True to close the connection.
  func reconnects(after error: RedisServerError) -> Bool
}

public import HiredisNIO
import NIOCore
import NIOPosix

/// A TCP proxy inside the test process that does to a connection what a network does: lose, delay, stall and cut it.
///
/// Each direction is controlled by itself, at run time, and for all connections of the proxy at once. Everything that
/// happens can be awaited, so a test never sleeps:
///
/// ```swift
/// let proxy = try await FaultProxy.start(host: "127.0.0.1", port: server.port)
/// await proxy.swallowNextReplyThenCut()
/// ```
///
/// All of its channels and its state live on one event loop, so changes and bytes have one order: a change holds for
/// every byte that arrives after the call has returned.
public final class FaultProxy: Sendable {
  /// Which way bytes go.
  public enum Direction: Sendable, Hashable {
    /// From whoever connected to the proxy, to the server behind it.
    case clientToServer
    /// From the server behind the proxy, to whoever connected.
    case serverToClient
  }

  /// What becomes of bytes that a hook has seen.
  public enum Verdict: Sendable, Hashable {
    /// They go on as the direction's other settings say.
    case forward
    /// They are lost.
    case swallow
    /// They are lost, and the connection is cut.
    case swallowAndCut
    /// They go on, and then the connection is cut.
    case forwardAndCut
    /// So many of them go on, the others are lost, and the connection is cut.
    case forwardFirstAndCut(Int)
  }

  /// The address that it listens on.
  public let host = "127.0.0.1"

  /// The port that it listens on, the same after ``refuseConnections()`` and ``acceptConnections()``; 0 for a Unix
  /// socket.
  public let port: Int

  /// Where it listens.
  public let address: RedisConfiguration.Address

  let eventLoop: any EventLoop
  let core: NIOLoopBound<ProxyCore>

  /// Starts a proxy.
  ///
  /// - Parameters:
  ///   - host: The server's address.
  ///   - port: The server's port.
  /// - Returns: The proxy, accepting connections. The server need not run yet.
  /// - Throws: An error if no port can be bound.
  public static func start(host: String = "127.0.0.1", port: Int) async throws -> FaultProxy {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    // A port that was free may be taken by somebody else first, as with ``RedisServer``.
    for _ in 0..<10 {
      let own = RedisConfiguration.Address.tcp(host: "127.0.0.1", port: FreePort.find())
      let proxy = try await make(own, .tcp(host: host, port: port), on: eventLoop)
      if (try? await proxy.acceptConnections()) != nil { return proxy }
    }
    throw ServerProcessError(message: "no free port on 127.0.0.1")
  }

  /// Starts a proxy between Unix sockets.
  ///
  /// - Parameters:
  ///   - path: Where it listens; nothing may be there.
  ///   - serverPath: The server's socket.
  /// - Returns: The proxy, accepting connections. The server need not run yet.
  /// - Throws: An error if it cannot listen there.
  public static func start(unixSocket path: String, to serverPath: String) async throws -> FaultProxy {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    let proxy = try await make(.unix(path: path), .unix(path: serverPath), on: eventLoop)
    try await proxy.acceptConnections()
    return proxy
  }

  private static func make(
    _ own: RedisConfiguration.Address, _ server: RedisConfiguration.Address, on eventLoop: any EventLoop
  ) async throws -> FaultProxy {
    let core = try await eventLoop.submit {
      NIOLoopBound(ProxyCore(eventLoop: eventLoop, address: own, server: server), eventLoop: eventLoop)
    }.get()
    return FaultProxy(address: own, eventLoop: eventLoop, core: core)
  }

  private init(address: RedisConfiguration.Address, eventLoop: any EventLoop, core: NIOLoopBound<ProxyCore>) {
    self.address = address
    if case .tcp(_, let port) = address { self.port = port } else { self.port = 0 }
    self.eventLoop = eventLoop
    self.core = core
  }

  deinit {
    let core = core
    eventLoop.execute { core.value.stop() }
  }

  /// Closes the listener and every connection.
  public func stop() async {
    await perform { $0.stop() }
  }

  /// Runs something on the loop that owns all state.
  func perform(_ work: @escaping @Sendable (ProxyCore) -> Void) async {
    // Work that cannot throw, on a loop that is never shut down.
    try? await eventLoop.submit { [core] in work(core.value) }.get()
  }
}

public import Logging
public import NIOCore
public import NIOPosix
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A Redis client: connections on every event loop of a group, and two ways to use them.
///
/// On an event loop, ``connection(on:)`` gives the loop's own connection with callbacks. Everywhere else the methods
/// here suspend the calling task. No command is ever sent twice by this client (but a script's `EVAL` after the server
/// refused its `EVALSHA`); whether to try again is the caller's decision, and ``RedisError/outcome`` tells what it risks.
///
/// Run it in a `ServiceGroup`, or call ``start()`` and ``shutdown()``.
public final class RedisClient: Sendable {
  /// What the owner of a client wants to be asked and told.
  struct Hooks: Sendable {
    var prepare: (@Sendable (RedisSession) -> EventLoopFuture<Void>)?
    var onDisconnect: (@Sendable (RedisDisconnect) -> Void)?
  }

  /// A socket that the peer has closed must be an error of one write, not the end of the process.
  private static let ignoreSIGPIPE: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  /// The configuration that the client was made with.
  public let configuration: RedisConfiguration

  /// The connections of each event loop, in the order of the group.
  let connections: [(eventLoop: any EventLoop, connections: [RedisConnection])]
  /// Set by ``shutdown()``: the event loops may be gone after it.
  let isShutDown = Atomic<Bool>(false)
  private let turn = Atomic<Int>(0)

  /// Makes a client.
  ///
  /// It connects when it is started, or when first used.
  ///
  /// - Parameters:
  ///   - configuration: Where the server is, and all limits.
  ///   - eventLoopGroup: Each of its loops gets `connectionsPerEventLoop` connections.
  ///   - logger: Gets a debug line for each connection lost; never a key, a value or a credential.
  ///   - topology: Which server to talk to; nil for the configuration's address.
  ///   - prepare: Called on the event loop of every new connection, before others' commands go out on it. If its future
  ///     fails, the connection is closed and the failure is why there is none.
  ///   - onDisconnect: Called on the event loop of every connection that had been ready and was lost.
  public init(
    configuration: RedisConfiguration,
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "redis", factory: { _ in SwiftLogNoOpLogHandler() }),
    topology: (any RedisTopology)? = nil,
    prepare: (@Sendable (RedisSession) -> EventLoopFuture<Void>)? = nil,
    onDisconnect: (@Sendable (RedisDisconnect) -> Void)? = nil
  ) {
    RedisClient.ignoreSIGPIPE
    self.configuration = configuration
    let dialer = RedisDialer(
      configuration: configuration,
      topology: topology ?? StandaloneTopology(address: configuration.address))
    let hooks = Hooks(prepare: prepare, onDisconnect: onDisconnect)
    self.connections = eventLoopGroup.makeIterator().map { eventLoop in
      let connections = (0..<max(1, configuration.connectionsPerEventLoop)).map { _ in
        let supervisor = LinkSupervisor(eventLoop: eventLoop, dialer: dialer, logger: logger, hooks: hooks)
        return RedisConnection(eventLoop: eventLoop, dialer: dialer, supervisor: supervisor)
      }
      return (eventLoop, connections)
    }
  }

  deinit {
    // A client that is dropped without a shutdown takes its connections along.
    if isShutDown.load(ordering: .acquiring) { return }
    for (eventLoop, connections) in connections {
      eventLoop.execute { for connection in connections { _ = connection.shutDownGracefully() } }
    }
  }

  /// The connection of an event loop; with several per loop they take turns.
  ///
  /// - Parameter eventLoop: A loop of the client's group; any other is a precondition failure.
  /// - Returns: The connection. It may be kept; it reconnects by itself.
  public func connection(on eventLoop: any EventLoop) -> RedisConnection {
    guard let connections = connections.first(where: { $0.eventLoop === eventLoop })?.connections else {
      preconditionFailure("the event loop must belong to the client's group")
    }
    return pick(connections)
  }

  /// Any connection: the calling thread's own if it is an event loop of the group, otherwise they take turns.
  ///
  /// Those that are not connected are passed over while any is: after an outage each comes back in its own time.
  ///
  /// - Returns: The connection, to be used on its ``RedisConnection/eventLoop``.
  public func anyConnection() -> RedisConnection {
    if let own = connections.first(where: { $0.eventLoop.inEventLoop }) { return pick(own.connections) }
    let first = nextTurn() % connections.count
    for offset in connections.indices {
      let candidate = pick(connections[(first + offset) % connections.count].connections)
      if candidate.isUp.load(ordering: .relaxed) { return candidate }
    }
    return pick(connections[first].connections)
  }

  private func pick(_ connections: [RedisConnection]) -> RedisConnection {
    connections.count == 1 ? connections[0] : connections[nextTurn() % connections.count]
  }

  private func nextTurn() -> Int {
    turn.wrappingAdd(1, ordering: .relaxed).oldValue & Int.max
  }
}

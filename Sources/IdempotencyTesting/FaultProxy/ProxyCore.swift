import HiredisNIO
import NIOCore
import NIOPosix

/// All state of a ``FaultProxy``, bound to one event loop.
final class ProxyCore {
  let eventLoop: any EventLoop
  private let address: RedisConfiguration.Address
  /// Where connections go that are accepted from now on.
  var server: RedisConfiguration.Address
  private var listener: (any Channel)?
  private var clientToServer = ProxyDirection()
  private var serverToClient = ProxyDirection()
  private var streams: [ObjectIdentifier: [ProxyStream]] = [:]
  /// The clients that have not gone.
  private var clients: Set<ObjectIdentifier> = []
  /// The clients of open connections, the first one first.
  private var opened: [ObjectIdentifier] = []
  private var waiters: [(condition: (ProxyCore) -> Bool, promise: EventLoopPromise<Void>)] = []
  private(set) var accepted = 0
  private(set) var ended = 0

  init(eventLoop: any EventLoop, address: RedisConfiguration.Address, server: RedisConfiguration.Address) {
    self.eventLoop = eventLoop
    self.address = address
    self.server = server
  }

  subscript(direction: FaultProxy.Direction) -> ProxyDirection {
    get { direction == .clientToServer ? clientToServer : serverToClient }
    set { if direction == .clientToServer { clientToServer = newValue } else { serverToClient = newValue } }
  }

  // MARK: Listening

  func listen() -> EventLoopFuture<Void> {
    if listener != nil { return eventLoop.makeSucceededVoidFuture() }
    let core = NIOLoopBound(self, eventLoop: eventLoop)
    let bootstrap = ServerBootstrap(group: eventLoop)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        core.value.connect(client)
        return client.eventLoop.makeSucceededVoidFuture()
      }
    let bound =
      switch address {
      case .tcp(let host, let port):
        bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1).bind(host: host, port: port)
      case .unix(let path): bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
      }
    return bound.map { core.value.listener = $0 }
  }

  func unlisten() -> EventLoopFuture<Void> {
    defer { listener = nil }
    return listener?.close() ?? eventLoop.makeSucceededVoidFuture()
  }

  func stop() {
    _ = unlisten()
    cutAll()
    for waiter in waiters { waiter.promise.fail(ChannelError.ioOnClosedChannel) }
    waiters = []
  }

  private func connect(_ client: any Channel) {
    accepted += 1
    clients.insert(ObjectIdentifier(client))
    let core = NIOLoopBound(self, eventLoop: eventLoop)
    let bootstrap = ClientBootstrap(group: eventLoop).channelOption(.autoRead, value: false)
    let connected =
      switch server {
      case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
      case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
      }
    connected.whenComplete { result in
      switch result {
      case .success(let server): core.value.join(client, server)
      case .failure: client.close(promise: nil)
      }
    }
    client.closeFuture.whenComplete { _ in core.value.clientEnded(client) }
    notify()
  }

  private func join(_ client: any Channel, _ server: any Channel) {
    let up = ProxyStream(.clientToServer, from: client, to: server)
    let down = ProxyStream(.serverToClient, from: server, to: client)
    do {
      try client.pipeline.syncOperations.addHandler(ProxyHandler(self, up))
      try server.pipeline.syncOperations.addHandler(ProxyHandler(self, down))
    } catch {
      return up.close()
    }
    // Not by whether it is active: a Unix socket connects at once, while the client is still being made.
    guard clients.contains(ObjectIdentifier(client)) else { return up.close() }
    streams[ObjectIdentifier(client)] = [up, down]
    opened.append(ObjectIdentifier(client))
    up.updateReading()
    down.updateReading()
  }

  private func clientEnded(_ client: any Channel) {
    ended += 1
    clients.remove(ObjectIdentifier(client))
    streams[ObjectIdentifier(client)] = nil
    opened.removeAll { $0 == ObjectIdentifier(client) }
    notify()
  }

  // MARK: Bytes

  func allStreams(_ direction: FaultProxy.Direction) -> [ProxyStream] {
    streams.values.flatMap { $0 }.filter { $0.direction == direction }
  }

  func cutAll() {
    for stream in streams.values.flatMap({ $0 }) { stream.close() }
  }

  /// Cuts the connection that has been open longest, if there is one.
  func cutOldest() {
    for stream in opened.first.flatMap({ streams[$0] }) ?? [] { stream.close() }
  }

  // MARK: Waiting

  func wait(_ condition: @escaping (ProxyCore) -> Bool) -> EventLoopFuture<Void> {
    let promise = eventLoop.makePromise(of: Void.self)
    waiters.append((condition, promise))
    notify()
    return promise.futureResult
  }

  func notify() {
    let met = waiters.filter { $0.condition(self) }
    waiters.removeAll { $0.condition(self) }
    for waiter in met { waiter.promise.succeed(()) }
  }
}

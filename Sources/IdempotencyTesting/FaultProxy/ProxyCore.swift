import NIOCore
import NIOPosix

/// All state of a ``FaultProxy``, bound to one event loop.
final class ProxyCore {
  let eventLoop: any EventLoop
  private let port: Int
  private let server: (host: String, port: Int)
  private var listener: (any Channel)?
  private var clientToServer = ProxyDirection()
  private var serverToClient = ProxyDirection()
  private var streams: [ObjectIdentifier: [ProxyStream]] = [:]
  private var waiters: [(condition: (ProxyCore) -> Bool, promise: EventLoopPromise<Void>)] = []
  private(set) var accepted = 0
  private(set) var ended = 0

  init(eventLoop: any EventLoop, port: Int, host: String, serverPort: Int) {
    self.eventLoop = eventLoop
    self.port = port
    self.server = (host, serverPort)
  }

  subscript(direction: FaultProxy.Direction) -> ProxyDirection {
    get { direction == .clientToServer ? clientToServer : serverToClient }
    set { if direction == .clientToServer { clientToServer = newValue } else { serverToClient = newValue } }
  }

  // MARK: Listening

  func listen() -> EventLoopFuture<Void> {
    if listener != nil { return eventLoop.makeSucceededVoidFuture() }
    let core = NIOLoopBound(self, eventLoop: eventLoop)
    return ServerBootstrap(group: eventLoop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        core.value.connect(client)
        return client.eventLoop.makeSucceededVoidFuture()
      }
      .bind(host: "127.0.0.1", port: port)
      .map { core.value.listener = $0 }
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
    let core = NIOLoopBound(self, eventLoop: eventLoop)
    ClientBootstrap(group: eventLoop)
      .channelOption(.autoRead, value: false)
      .connect(host: server.host, port: server.port)
      .whenComplete { result in
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
    guard client.isActive else { return up.close() }
    streams[ObjectIdentifier(client)] = [up, down]
    up.updateReading()
    down.updateReading()
  }

  private func clientEnded(_ client: any Channel) {
    ended += 1
    streams[ObjectIdentifier(client)] = nil
    notify()
  }

  // MARK: Bytes

  func allStreams(_ direction: FaultProxy.Direction) -> [ProxyStream] {
    streams.values.flatMap { $0 }.filter { $0.direction == direction }
  }

  func cutAll() {
    for stream in streams.values.flatMap({ $0 }) { stream.close() }
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

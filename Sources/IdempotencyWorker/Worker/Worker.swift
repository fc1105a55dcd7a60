import Idempotency
import IdempotencyRedis
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The data plane: the public listener, and one ``WorkerLoop`` for each event loop.
///
/// On graceful shutdown it takes no more connections, lets what runs finish within the drain time-out, and makes what is
/// left then uncertain. Stop the store after it.
final class Worker: Service {
  private let listen: ListenAddress
  private let drainTimeout: TimeAmount
  private let tls: NIOSSLContext?
  private let settings: DataPlaneSettings
  private let loops: [(eventLoop: any EventLoop, held: NIOLoopBoundBox<WorkerLoop>)]
  private let group: any EventLoopGroup
  private let shared: SharedState
  private let logger: Logger
  private let isReady: @Sendable () async throws -> Void
  private let state = NIOLockedValueBox(State())

  private struct State {
    var listener: (any Channel)?
    var isDraining = false
  }

  /// Makes a worker; nothing is opened before it runs.
  /// - Parameters:
  ///   - listen: Where clients come to.
  ///   - tls: The listener's TLS; nil for plain text.
  ///   - settings: What the data plane needs of the configuration.
  ///   - drainTimeout: How long running operations are waited for on shutdown.
  ///   - site: The policies in force at first.
  ///   - store: Where records are kept.
  ///   - shared: What the event loops share.
  ///   - metrics: What is counted.
  ///   - group: The event loops.
  ///   - logger: For whoever operates the worker.
  ///   - waitUntilReady: Suspends until guarded requests can be served; the listener opens after it.
  init(
    listen: ListenAddress, tls: NIOSSLContext?, settings: DataPlaneSettings, drainTimeout: TimeAmount, site: Site,
    store: any EventLoopStore, shared: SharedState, metrics: WorkerMetrics, group: any EventLoopGroup, logger: Logger,
    waitUntilReady: @escaping @Sendable () async throws -> Void
  ) {
    self.listen = listen
    self.tls = tls
    self.settings = settings
    self.drainTimeout = drainTimeout
    self.shared = shared
    self.group = group
    self.logger = logger
    isReady = waitUntilReady
    loops = group.makeIterator().map { eventLoop in
      let loop = NIOLoopBoundBox.makeBoxSendingValue(
        WorkerLoop(
          eventLoop: eventLoop, settings: settings, site: site, store: store, shared: shared, metrics: metrics,
          logger: logger), eventLoop: eventLoop)
      return (eventLoop, loop)
    }
  }

  /// Whether the public listener is open.
  var isListening: Bool { state.withLockedValue { $0.listener != nil && !$0.isDraining } }

  /// Puts other policies in force on every event loop; when it returns, they are.
  func use(_ site: Site) async {
    for loop in loops { try? await loop.eventLoop.submit { loop.held.value.site = site }.get() }
  }

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await self.isReady() }
    } catch is CancellationError {
      return  // Told to stop before it was ready.
    }
    for loop in loops { loop.eventLoop.execute { loop.held.value.start() } }
    let listener: any Channel
    do {
      listener = try await bind()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw AddressInUse(description: "the address \(listen) is in use")
    }
    state.withLockedValue { $0.listener = listener }
    logger.notice("listening on \(address(of: listener))")
    try? await gracefulShutdown()
    await drain(listener)
  }

  /// Where clients come to, as configuration and curl take it.
  private func address(of listener: any Channel) -> String {
    if case .tcp = listen, let address = listener.localAddress { return address.url(scheme: settings.scheme) }
    return "\(listen)"
  }

  private func bind() async throws -> any Channel {
    let loops = loops
    let tls = tls
    let shared = shared
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        guard shared.clientOpened() else {
          shared.clientClosed()
          return channel.close()
        }
        guard let loop = loops.first(where: { $0.eventLoop === channel.eventLoop }) else { return channel.close() }
        return channel.eventLoop.makeCompletedFuture {
          let sync = channel.pipeline.syncOperations
          if let tls { try sync.addHandler(NIOSSLServerHandler(context: tls)) }
          try sync.addHandler(ClientConnection(loop: loop.held.value))
        }
      }
    switch listen {
    case .tcp(let host, let port):
      return try await bootstrap.childChannelOption(.socketOption(.tcp_nodelay), value: 1)
        .bind(host: host, port: port).get()
    case .unix(let path):
      let place = try UnixSocketPlace(path)
      let listener = try await bootstrap.bind(unixDomainSocketPath: place.temporaryPath).get()
      do {
        try await place.take(listener)
      } catch {
        try? await listener.close()
        throw error
      }
      return listener
    }
  }

  /// Lets what runs finish, and then gives up on it (rule X11).
  private func drain(_ listener: any Channel) async {
    logger.notice("draining: no new connections; running operations finish")
    state.withLockedValue { $0.isDraining = true }
    try? await listener.close()
    let idle = loops.map { loop in
      loop.eventLoop.flatSubmit {
        loop.held.value.drain()
        return loop.held.value.whenIdle()
      }
    }
    if await !completed(idle, within: drainTimeout) {
      var count = 0
      for loop in loops { count += (try? await loop.eventLoop.submit { loop.held.value.abandon() }.get()) ?? 0 }
      logger.warning(
        "operations still ran at the end of the drain time-out; they become uncertain",
        metadata: ["count": "\(count)"])
      // Marking them takes the store a round trip; a store that is away is not waited for.
      _ = await completed(
        loops.map { loop in loop.eventLoop.flatSubmit { loop.held.value.whenIdle() } }, within: .seconds(2))
    }
    for loop in loops { try? await loop.eventLoop.submit { loop.held.value.stop() }.get() }
  }

  private func completed(_ futures: [EventLoopFuture<Void>], within limit: TimeAmount) async -> Bool {
    let eventLoop = group.next()
    let promise = eventLoop.makePromise(of: Bool.self)
    let timer = eventLoop.scheduleTask(in: limit) { promise.succeed(false) }
    EventLoopFuture.andAllComplete(futures, on: eventLoop).whenComplete { _ in promise.succeed(true) }
    defer { timer.cancel() }
    return (try? await promise.futureResult.get()) ?? false
  }
}

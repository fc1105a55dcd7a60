import DequeModule
import NIOCore
import NIOPosix
import NIOSSL

/// The connections of one event loop to the origin: bounded, reused latest first, and closed when idle for long.
final class OriginPool {
  typealias Taker = (Result<OriginConnection, OriginFailure>) -> Void

  private let eventLoop: any EventLoop
  private let settings: DataPlaneSettings
  private let metrics: WorkerMetrics
  let flushes: FlushQueue
  private var idle: [OriginConnection] = []
  /// Open, or being opened.
  private var count = 0
  private var shares: OriginShares
  /// Who waits, by whose the connection will be, in the order in which they came.
  ///
  /// Apart from each other, because those whose share is used up must not cost the others' turns anything; there are no
  /// more holders than shares.
  private var waiting: [OriginShares.Holder: Deque<Waiter>] = [:]
  private var waitingCount = 0
  /// How many ever waited.
  private var arrivals = 0
  private var isClosed = false

  private struct Waiter {
    /// The lower, the earlier it came.
    let number: Int
    let until: NIODeadline
    let take: Taker
  }

  /// For unguarded requests a connection that was idle for less than this is not asked whether it is still open, which is
  /// a system call.
  ///
  /// 50 ms: origins close what is idle for seconds.
  private static let fresh = TimeAmount.milliseconds(50)

  init(eventLoop: any EventLoop, settings: DataPlaneSettings, metrics: WorkerMetrics, flushes: FlushQueue) {
    self.eventLoop = eventLoop
    self.settings = settings
    self.metrics = metrics
    self.flushes = flushes
    shares = OriginShares(connections: settings.originConnections, perCaller: settings.originConnectionsPerCaller)
  }

  /// Gives a connection that can be written to: an idle one, a new one, or the next that is given back.
  ///
  /// - Parameters:
  ///   - holder: Whose it will be. A guarded request cannot be sent again: for it an idle connection is asked whether it
  ///     is still open, however short its rest was. An origin that restarts closes it at any moment, and the outcome
  ///     would be unknown.
  ///   - take: Called once, on the loop, perhaps before this returns.
  func acquire(for holder: OriginShares.Holder, _ take: @escaping Taker) {
    let now = NIODeadline.now()
    if shares.allow(holder), give(to: holder, now, { take }) { return }
    // As many as there may be clients, though some may have gone that had begun something.
    guard waitingCount < settings.maximumWaiting else {
      return take(.failure(.notReached("too many requests wait for a connection to the origin")))
    }
    waitingCount += 1
    arrivals += 1
    waiting[holder, default: []].append(
      Waiter(number: arrivals, until: now + settings.originConnectTimeout, take: take))
  }

  /// Gives an idle connection or a new one; false where there can be none now, and then `taker` was not asked.
  private func give(to holder: OriginShares.Holder, _ now: NIODeadline, _ taker: () -> Taker) -> Bool {
    // Closed at the end: each that is gone lets others be served, and those who wait must not change before.
    var dead: [OriginConnection] = []
    defer { for connection in dead { connection.close() } }
    while let connection = idle.popLast() {
      let age = now - connection.lastActivity
      let isTrusted = !holder.isGuarded && age < Self.fresh
      if age < settings.originIdle, isTrusted ? connection.isIdle : connection.isStillOpen() {
        shares.take(holder)
        connection.holder = holder
        taker()(.success(connection))
        return true
      }
      dead.append(connection)
    }
    guard count - dead.count < settings.originConnections else { return false }
    shares.take(holder)
    connect(for: holder, taker())
    return true
  }

  /// Takes a connection back that has nothing left to do.
  func release(_ connection: OriginConnection) {
    guard connection.isActive, !isClosed else { return connection.close() }
    giveBack(connection)
    idle.append(connection)
    serve()
  }

  /// A connection is gone.
  func closed(_ connection: OriginConnection) {
    idle.removeAll { $0 === connection }
    giveBack(connection)
    gone()
  }

  private func giveBack(_ connection: OriginConnection) {
    if let holder = connection.holder.take() { shares.giveBack(holder) }
  }

  private func gone() {
    count -= 1
    metrics.originConnections(-1)
    serve()
  }

  /// Gives connections to those who wait and whose share allows it, in the order in which they came.
  private func serve() {
    guard waitingCount > 0, !isClosed else { return }
    let now = NIODeadline.now()
    while !idle.isEmpty || count < settings.originConnections {
      guard let holder = nextHolder(), give(to: holder, now, { removeFirst(holder).take }) else { return }
    }
  }

  /// Whose turn it is: the one that came first of those whose share allows it.
  private func nextHolder() -> OriginShares.Holder? {
    var next: (holder: OriginShares.Holder, number: Int)?
    for (holder, queue) in waiting where shares.allow(holder) {
      if let first = queue.first, first.number < next?.number ?? .max { next = (holder, first.number) }
    }
    return next?.holder
  }

  /// Takes the first of a holder's out, of which there is one.
  private func removeFirst(_ holder: OriginShares.Holder) -> Waiter {
    waitingCount -= 1
    let waiter = waiting[holder, default: []].removeFirst()
    if waiting[holder]?.isEmpty ?? false { waiting[holder] = nil }
    return waiter
  }

  /// Closes what was idle for too long, and fails whoever waited for too long.
  func sweep(_ now: NIODeadline) {
    // The oldest are first: reuse takes from the end.
    let stale = idle.prefix { now - $0.lastActivity >= settings.originIdle }
    idle.removeFirst(stale.count)
    for connection in stale { connection.close() }
    guard waitingCount > 0 else { return }
    for holder in Array(waiting.keys) {
      while let first = waiting[holder]?.first, first.until <= now {
        removeFirst(holder).take(.failure(.notReached("no connection to the origin became free in time")))
      }
    }
  }

  func close() {
    isClosed = true
    for connection in idle { connection.close() }
    idle.removeAll()
    while let holder = waiting.keys.first { removeFirst(holder).take(.failure(.notReached("this worker stops"))) }
  }

  private func connect(for holder: OriginShares.Holder, _ take: @escaping Taker) {
    count += 1
    metrics.originConnections(1)
    let settings = settings
    let here = NIOLoopBound(self, eventLoop: eventLoop)
    let bootstrap = ClientBootstrap(group: eventLoop)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelOption(.maxMessagesPerRead, value: 4)
      .connectTimeout(settings.originConnectTimeout)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let sync = channel.pipeline.syncOperations
          if let context = settings.originTLS {
            try sync.addHandler(settings.origin.tlsHandler(context))
          }
          let connection = OriginConnection(pool: here.value, limits: settings.answerLimits)
          connection.holder = holder
          try sync.addHandler(connection)
        }
      }
    // An address needs no resolver, which would be a thread hop.
    let connecting =
      settings.origin.address.map { bootstrap.connect(to: $0) }
      ?? bootstrap.connect(host: settings.origin.host, port: settings.origin.port)
    connecting.assumeIsolated().whenComplete { result in
      switch result {
      case .success(let channel):
        self.connected(channel, take)
      case .failure(let error):
        self.shares.giveBack(holder)
        self.gone()
        take(.failure(.notReached("the origin could not be reached: \(Self.reason(error))")))
      }
    }
  }

  private func connected(_ channel: any Channel, _ take: @escaping Taker) {
    // With TLS nothing counts as reached before the handshake is over: a request must not wait in its queue.
    guard settings.originTLS != nil else { return ready(channel, take) }
    let handshake = TLSHandshake(eventLoop: eventLoop)
    do {
      let sync = channel.pipeline.syncOperations
      try sync.addHandler(handshake, position: .after(sync.handler(type: NIOSSLClientHandler.self)))
    } catch {
      channel.close(promise: nil)
      return take(.failure(.notReached("the origin closed the connection")))
    }
    let timeout = eventLoop.assumeIsolated().scheduleTask(in: settings.originConnectTimeout) {
      channel.close(promise: nil)
    }
    handshake.done.assumeIsolated().whenComplete { result in
      timeout.cancel()
      switch result {
      case .success: self.ready(channel, take)
      case .failure(let error):
        channel.close(promise: nil)
        take(.failure(.notReached("no TLS with the origin: \(error)")))
      }
    }
  }

  private func ready(_ channel: any Channel, _ take: @escaping Taker) {
    guard channel.isActive, let connection = try? channel.pipeline.syncOperations.handler(type: OriginConnection.self)
    else { return take(.failure(.notReached("the origin closed the connection"))) }
    take(.success(connection))
  }

  private static func reason(_ error: any Error) -> String {
    guard let failure = error as? NIOConnectionError else { return "\(error)" }
    if let last = failure.connectionErrors.last { return "\(last.error)" }
    return "its name could not be resolved"
  }
}

extension OriginAddress {
  /// The origin's address, if it is named by one and not by a name.
  var address: SocketAddress? { try? SocketAddress(ipAddress: host, port: port) }

  /// Speaks TLS with it.
  func tlsHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
    // An address is no server name (RFC 6066 section 3).
    try NIOSSLClientHandler(context: context, serverHostname: address == nil ? host : nil)
  }
}

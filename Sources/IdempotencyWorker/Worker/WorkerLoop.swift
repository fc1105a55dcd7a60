import Idempotency
import Logging
import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// All that one event loop holds: its clients, its exchanges, its connections to the origin.
///
/// A request stays on its loop from the first byte to the last: nothing here is locked, and nothing here may be touched
/// from elsewhere.
final class WorkerLoop {
  let eventLoop: any EventLoop
  let settings: DataPlaneSettings
  let store: any EventLoopStore
  /// The store's, asked for once: every event of every exchange reads it.
  let clock: any StoreClock
  let shared: SharedState
  let metrics: WorkerMetrics
  let logger: Logger
  let pool: OriginPool
  let flushes: FlushQueue
  /// Replaced as a whole by a reload.
  var site: Site

  /// This worker stops: connections end with the request that is on them.
  private(set) var isDraining = false
  /// What is not with the origin by now is given back (rule X11).
  private(set) var isGivingBack = false
  /// How long what had come before a worker was stopped may still be sent to the origin.
  ///
  /// 500 ms: the store's time-out, unless it is configured otherwise. A reservation that is on its way has its reply by
  /// then, as a rule; so a rolling restart fails no request that a worker has taken.
  private static let grace = TimeAmount.milliseconds(500)

  private var clients: [ObjectIdentifier: ClientConnection] = [:]
  private var exchanges: [UInt64: ExchangeRunner] = [:]
  private var lastExchange: UInt64 = 0
  private var deadlines = Deadlines()
  private var alarm: (due: NIODeadline, task: Scheduled<Void>)?
  private var idleWaiters: [EventLoopPromise<Void>] = []
  private var sweeper: Scheduled<Void>?
  private var givingBack: Scheduled<Void>?
  private var date = (second: Int64(-1), text: "")

  init(
    eventLoop: any EventLoop, settings: DataPlaneSettings, site: Site, store: any EventLoopStore, shared: SharedState,
    metrics: WorkerMetrics, logger: Logger
  ) {
    self.eventLoop = eventLoop
    self.settings = settings
    self.site = site
    self.store = store
    clock = store.clock
    self.shared = shared
    self.metrics = metrics
    self.logger = logger
    flushes = FlushQueue(eventLoop: eventLoop)
    pool = OriginPool(eventLoop: eventLoop, settings: settings, metrics: metrics, flushes: flushes)
  }

  /// Begins to watch over time-outs.
  func start() {
    sweeper = eventLoop.assumeIsolated().scheduleTask(in: settings.sweepInterval) {
      self.sweep()
      self.start()
    }
  }

  private func sweep() {
    let now = NIODeadline.now()
    pool.sweep(now)
    // A connection that is closed leaves the dictionary: it is a copy that is gone through.
    for client in clients.values { client.checkTimeouts(now) }
  }

  /// Lets idle connections go, and soon takes no guarded work any more.
  func drain() {
    isDraining = true
    for client in clients.values { client.quiesce() }
    // What waits for somebody else's operation does not wait any longer.
    for exchange in exchanges.values { exchange.stopWaiting() }
    givingBack = eventLoop.assumeIsolated().scheduleTask(in: Self.grace) { self.giveBack() }
  }

  private func giveBack() {
    isGivingBack = true
    guard !exchanges.isEmpty else { return }
    logger.notice(
      "draining: what is not with the origin by now is given back", metadata: ["exchanges": "\(exchanges.count)"])
    for exchange in exchanges.values {
      exchange.stopWaiting()
      exchange.stopPreparing()
    }
  }

  /// Completes when no exchange runs, and every client has the whole of its answer.
  func whenIdle() -> EventLoopFuture<Void> {
    let promise = eventLoop.makePromise(of: Void.self)
    idleWaiters.append(promise)
    checkIdle()
    return promise.futureResult
  }

  /// Something has come to an end: tells those who wait for the last.
  func checkIdle() {
    guard !idleWaiters.isEmpty, exchanges.isEmpty, !clients.values.contains(where: \.isBusy) else { return }
    for waiter in idleWaiters { waiter.succeed() }
    idleWaiters.removeAll()
  }

  /// Gives up on what still runs: it becomes uncertain.
  func abandon() -> Int {
    let left = Array(exchanges.values)
    for exchange in left { exchange.abandon() }
    return left.count
  }

  /// Closes everything.
  func stop() {
    sweeper?.cancel()
    givingBack?.cancel()
    alarm?.task.cancel()
    for client in clients.values { client.close() }
    pool.close()
  }

  // MARK: Clients

  func add(_ client: ClientConnection) {
    clients[ObjectIdentifier(client)] = client
    metrics.clientConnections(1)
    if isDraining { client.quiesce() }
  }

  func remove(_ client: ClientConnection) {
    guard clients.removeValue(forKey: ObjectIdentifier(client)) != nil else { return }
    metrics.clientConnections(-1)
    shared.clientClosed()
    checkIdle()
  }

  // MARK: Exchanges

  func add(_ exchange: ExchangeRunner) -> UInt64 {
    lastExchange += 1
    exchanges[lastExchange] = exchange
    metrics.exchangesRunning(1)
    return lastExchange
  }

  func remove(_ exchange: ExchangeRunner) {
    guard exchanges.removeValue(forKey: exchange.number) != nil else { return }
    metrics.exchangesRunning(-1)
    deadlines.clear(living: exchanges.count) { exchanges[$0] != nil }
    checkIdle()
  }

  /// Wakes an exchange at `due`, or a little later.
  func wake(_ exchange: ExchangeRunner, at due: NIODeadline) {
    deadlines.insert(exchange.number, at: due)
    arm()
  }

  private func arm() {
    guard let due = deadlines.earliest else { return }
    if let alarm, alarm.due <= due { return }
    alarm?.task.cancel()
    let task = eventLoop.assumeIsolated().scheduleTask(deadline: due) {
      self.alarm = nil
      self.ring()
    }
    alarm = (due, task)
  }

  private func ring() {
    let now = NIODeadline.now()
    while let number = deadlines.takeDue(now) { exchanges[number]?.wake(now) }
    arm()
  }

  // MARK: Date

  /// Now, as HTTP writes it (RFC 9110 section 5.6.7); made once in a second.
  var httpDate: String {
    let now = time(nil)
    if Int64(now) != date.second { date = (Int64(now), Self.format(now)) }
    return date.text
  }

  /// By hand: Foundation's formatters depend on a locale and cost more than the request.
  private static func format(_ now: time_t) -> String {
    var seconds = now
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}

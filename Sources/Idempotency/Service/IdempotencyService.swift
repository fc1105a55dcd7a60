public import Logging
internal import NIOConcurrencyHelpers
public import ServiceLifecycle

/// Owns what outlives a request: running operations, renewals of their leases, and writes the store has not taken yet.
///
/// Run it beside the store and the server. It does *not* own the store: run that as a service of its own, started
/// before this one.
/// - Important: While it is not running, guarded work is refused and nothing is executed.
public final class IdempotencyService: Service {
  /// Where the records stand.
  public let store: any IdempotencyStore
  /// Who this node is, for operators who read a record.
  public let worker: String

  /// What a service may hold, and for how long.
  public struct Limits: Sendable, Hashable {
    /// How long running operations are waited for when the service shuts down.
    ///
    /// Operations that still run then become uncertain and are cancelled. A middleware's answers that are delivered as
    /// they come have the same time from the server's shutdown on, and then end unfinished.
    ///
    /// 35 s: longer than the default time an origin may be silent, so that a slow answer still becomes the answer.
    public var drainTimeout = Duration.seconds(35)
    /// Bytes of answers that wait for a store that is away; what comes on top is stored without its answer.
    ///
    /// 64 MiB: a thousand answers of ordinary size times sixty, far below what a node has.
    public var pendingBytes = 64 << 20
    /// Bytes of guarded requests' bodies that a middleware holds, and of answers that wait for a store that is away; from
    /// so many on new guarded requests are refused with 503, 1 or more.
    ///
    /// 256 MiB, as a worker's `limits.heldBytes`. What runs already is never cut off and may exceed it. Not counted are
    /// answers while a handler writes them.
    public var heldBytes = HeldBytes.defaultLimit

    /// Makes the default limits.
    public init() {}
  }

  package let limits: Limits
  /// What is held of requests and answers.
  package let held: HeldBytes
  /// Who waits for another's execution.
  let waiters = WaiterCount()
  let logger: Logger
  let jobs: JobQueue
  let timers: TimerQueue
  let outage: StoreOutage
  private let claims = KeyspaceClaims()
  /// Two services over one store have the same: a record of the one is the other's.
  package let storeIdentity: ObjectIdentifier
  private let exchanges = NIOLockedValueBox(Exchanges())

  private struct Exchanges {
    var running: [ObjectIdentifier: any Abandonable] = [:]
    var pendingBytes = 0
  }

  /// Makes a service over a store.
  /// - Parameters:
  ///   - store: Where the records stand.
  ///   - worker: This node's name in records; by default the host's name and the process's id.
  ///   - limits: What it may hold, and for how long.
  ///   - logger: Where it says what an operator should know.
  public init(
    store: any IdempotencyStore, worker: String = WorkerName.current, limits: Limits = Limits(),
    logger: Logger = Logger(label: "idempotency")
  ) {
    self.store = store
    self.worker = worker
    self.limits = limits
    self.held = HeldBytes(limit: limits.heldBytes)
    self.logger = logger
    self.jobs = JobQueue()
    // A store that is no class is each service's own.
    self.storeIdentity = ObjectIdentifier(type(of: store) is AnyClass ? store as AnyObject : jobs)
    self.timers = TimerQueue()
    self.outage = StoreOutage(logger: logger)
  }

  /// Whether guarded requests are taken: the service runs, does not drain, and all that it was to claim is claimed.
  public var isAccepting: Bool { claims.areComplete && jobs.isAccepting }

  /// Why keyspaces are not claimed yet, for a readiness check; nil while all are, or no try has failed.
  public var claimFailure: String? { claims.failure }

  /// Suspends until all that the service is to claim is claimed, for a server that opens its port when it can serve.
  ///
  /// - Throws: ``KeyspaceClaimError`` where the store has refused, or could not be asked, for 3 s: it is tried again all the
  ///   same. `CancellationError` where the task is cancelled. Nothing was reserved.
  public func waitUntilClaimed() async throws { try await claims.wait() }

  /// Holds keyspaces against those of other nodes, as soon as the service runs (rule F11).
  ///
  /// Until the store has agreed, ``isAccepting`` is false and guarded requests get 503. Where another node derives a
  /// keyspace's keys or fingerprints in another way it never agrees: that is logged, and tried again for as long as the
  /// service runs. A middleware claims by itself what its policies need.
  /// - Parameter derivations: How each keyspace derives, as ``PolicySet/derivations(principalFields:)`` has it.
  public func claim(_ derivations: [KeyspaceDerivation]) {
    claims.add(derivations)
  }

  /// Runs until graceful shutdown or cancellation, then waits for running operations for at most the drain time-out.
  ///
  /// What still runs then is cancelled. Cancellation of the service's own task drains nothing: operations are
  /// cancelled at once, and their outcome is unknown. Run it once; it cannot be started again.
  /// - Important: It ends within four seconds more than the drain time-out, also where an operation ignores that it is
  ///   cancelled: that one then runs on, and nobody learns what becomes of it.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        group.addTask { await self.timers.run { self.jobs.spawn($0) } }
        group.addTask { await self.claims.run(self.store, self.logger) }
        let left = await jobs.run(patience: Self.patience) { await self.drain() }
        if left > 0 {
          logger.error(
            "operations ignore that they are cancelled; the service ends without them", metadata: ["count": "\(left)"])
        }
        timers.stop()
        claims.stop()
        group.cancelAll()
      }
    } onGracefulShutdown: {
      self.jobs.stopAccepting()
    }
    // What is left can never go on, and holds this service: the circle is cut here.
    timers.removeAll()
    exchanges.withLockedValue { $0.running.removeAll() }
  }

  /// Waits for what runs, then gives up on it: what still runs becomes uncertain.
  private func drain() async {
    if Task.isCancelled { jobs.cancelAll() }
    if await jobs.waitUntilIdle(for: limits.drainTimeout) { return }
    let left = exchanges.withLockedValue { Array($0.running.values) }
    logger.warning(
      "operations still run at the end of the drain time-out; they become uncertain",
      metadata: ["count": "\(left.count)"])
    for exchange in left { exchange.abandon() }
    // Marking them takes the store a round trip; a store that is away is not waited for.
    _ = await jobs.waitUntilIdle(for: Self.patience)
  }

  /// How long shutdown waits for what takes a moment: a store's round trip, an operation that was cancelled.
  ///
  /// 2 s: four times the store's default time-out, and short beside any drain time-out.
  private static var patience: Duration { .seconds(2) }

  func register(_ exchange: any Abandonable) {
    exchanges.withLockedValue { $0.running[ObjectIdentifier(exchange)] = exchange }
  }

  func deregister(_ exchange: any Abandonable) {
    exchanges.withLockedValue { $0.running[ObjectIdentifier(exchange)] = nil }
  }

  /// Asks to hold an answer back for a store that is away; false when too much is held already.
  func hold(_ bytes: Int) -> Bool {
    exchanges.withLockedValue { state in
      guard state.pendingBytes + bytes <= limits.pendingBytes else { return false }
      state.pendingBytes += bytes
      held.add(bytes)
      return true
    }
  }

  func letGo(_ bytes: Int) {
    exchanges.withLockedValue { $0.pendingBytes -= bytes }
    held.add(-bytes)
  }
}

extension IdempotencyService {
  /// Drives an exchange to its answer.
  ///
  /// Up to the answer of the store it runs in the caller's task, then in the service. What remains after the answer,
  /// such as a release that the store has not taken yet, goes on without the caller.
  /// - Parameters:
  ///   - machine: The exchange.
  ///   - key: Under what name its record stands.
  ///   - operation: The work; it is run at most once, and only if the key is this exchange's.
  /// - Returns: What the caller is told.
  public func run<Machine: ExchangeMachine>(
    _ machine: Machine, key: RecordKey, operation: @escaping @Sendable (_ attempt: Int?) async -> Machine.Outcome
  ) async -> Machine.Answer {
    await ExchangeDriver(service: self, key: key, machine: machine, operation: operation).run()
  }

  /// Runs work in a task of the service: it outlives the request, and shutdown waits for it.
  ///
  /// It has the task-locals of the task that calls this. It is not cancelled with that task, only at the end of draining.
  /// - Returns: False if the service does not run; the work is then not started.
  @discardableResult
  public func spawn(_ work: @escaping @Sendable () async -> Void) -> Bool {
    jobs.spawn(work) != nil
  }

  /// As ``spawn(_:)``, for work that shutdown may have to wait for no longer; nil if the service does not run.
  package func spawnJob(_ work: @escaping @Sendable () async -> Void) -> ServiceJob? {
    jobs.spawn(work)
  }
}

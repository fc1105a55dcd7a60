import Idempotency
import IdempotencyRedis

/// What a worker counts; every handle is made once, so that counting is an atomic addition.
///
/// What is counted per policy stands in a ``StatusTable``, which a reload replaces together with the policies.
final class WorkerMetrics: Sendable {
  let registry: PrometheusRegistry
  private let guarded: CounterSeries
  private let unguarded: CounterSeries
  private let takeovers: CounterSeries
  private let refusedForRoom: CounterSeries
  private let storeOperations: [StoreOperationMetrics]
  private let originSeconds: TimerSeries
  private let clients: GaugeSeries
  private let origins: GaugeSeries
  private let exchanges: GaugeSeries
  private let reloads: (succeeded: CounterSeries, failed: CounterSeries)
  private let lastReload: GaugeSeries

  /// Makes the handles.
  /// - Parameters:
  ///   - registry: Where they stand; a worker has one registry, and one of these in it.
  ///   - version: The worker's version.
  init(registry: PrometheusRegistry, version: String) {
    self.registry = registry
    guarded = registry.counter(
      "idempotency_guarded_requests_total",
      help: "Requests that a policy guards: the sum of idempotency_requests_total over all statuses but ignored.")
    unguarded = registry.counter(
      "idempotency_unguarded_requests_total", help: "Requests that were forwarded without a guard.")
    takeovers = registry.counter(
      "idempotency_takeovers_total", help: "Executions that were not the first of their key: attempt 2 or later.")
    refusedForRoom = registry.counter(
      "idempotency_held_bytes_refusals_total",
      help: "Guarded requests that were refused because idempotency_held_bytes had reached its limit.")
    storeOperations = StoreOperation.Kind.allCases.map { StoreOperationMetrics($0, registry) }
    originSeconds = registry.timer(
      "idempotency_origin_seconds", help: "From a guarded request's start at the origin to its whole answer.")
    clients = registry.gauge("idempotency_client_connections", help: "Open connections from clients.")
    origins = registry.gauge("idempotency_origin_connections", help: "Open connections to the origin.")
    exchanges = registry.gauge("idempotency_exchanges_running", help: "Guarded requests in work.")
    let reload = { result in
      registry.counter(
        "idempotency_config_reloads_total", help: "Reloads of the configuration.", labels: [("result", result)])
    }
    reloads = (reload("success"), reload("failure"))
    lastReload = registry.gauge(
      "idempotency_config_last_reload_success", help: "1 if the configuration in the file is the one in force.")
    lastReload.set(1.0)
    registry.gauge("idempotency_build_info", help: "1, with the version.", labels: [("version", version)]).set(1.0)
    ProcessMetrics.register(in: registry)
  }

  /// A request that a policy guards has come; its status is counted when it is answered (invariant I14).
  func requestGuarded() { guarded.increment() }

  /// A guarded request was refused because this worker holds as much as it may (rule W9).
  func requestRefusedForRoom() { refusedForRoom.increment() }

  /// A request is forwarded without a guard.
  func requestForwarded() { unguarded.increment() }

  /// An execution begins.
  ///
  /// - Parameter attempt: The fencing number; from 2 on it is a takeover.
  func executionStarted(attempt: Int) {
    if attempt > 1 { takeovers.increment() }
  }

  /// The store has replied to an operation.
  func storeAnswered(_ kind: StoreOperation.Kind, nanoseconds: Int64) {
    storeOperations[kind.ordinal].seconds.recordNanoseconds(nanoseconds)
  }

  /// A store operation has no reply.
  func storeFailed(_ kind: StoreOperation.Kind, _ failure: StoreFailure.Kind) {
    storeOperations[kind.ordinal].failed(failure)
  }

  /// The origin has given a whole answer to a guarded request.
  func originAnswered(nanoseconds: Int64) { originSeconds.recordNanoseconds(nanoseconds) }

  /// The origin gave no whole answer.
  ///
  /// Rare, so the handle is looked up, under the registry's lock.
  /// - Parameter kind: One of a few words, never a text that an origin chooses.
  func originFailed(_ kind: String) {
    registry.counter(
      "idempotency_origin_failures_total", help: "Requests to which the origin gave no whole answer.",
      labels: [("kind", kind)]
    ).increment()
  }

  /// A request could not be read, or was unclean.
  ///
  /// Its connection ends with it, so the handle is looked up, under the registry's lock.
  /// - Parameter reason: One of a few words, never a text that a client chooses.
  func badRequest(_ reason: String) {
    registry.counter(
      "idempotency_bad_requests_total", help: "Requests that could not be read or were unclean.",
      labels: [("reason", reason)]
    ).increment()
  }

  /// Clients have connected, or gone (negative).
  func clientConnections(_ change: Int) { clients.add(change) }

  /// Connections to the origin were opened, or closed (negative).
  func originConnections(_ change: Int) { origins.add(change) }

  /// Exchanges have begun, or ended (negative).
  func exchangesRunning(_ change: Int) { exchanges.add(change) }

  /// Shows how many bytes of answers wait for a store that is away; asked for at every scrape.
  func showPendingBytes(_ bytes: @escaping @Sendable () -> Int) {
    registry.observe("idempotency_pending_bytes", help: "Bytes of answers that wait for a store that is away.") {
      Double(bytes())
    }
  }

  /// Shows how many bytes of requests and answers are held, and how many may be; asked for at every scrape.
  func showHeldBytes(limit: Int, _ bytes: @escaping @Sendable () -> Int) {
    registry.observe(
      "idempotency_held_bytes",
      help: "Bytes of bodies that are held for guarded requests: waiting or collected requests, answers not stored yet."
    ) { Double(bytes()) }
    registry.observe(
      "idempotency_held_bytes_limit", help: "From so many held bytes on, new guarded requests are refused with 503."
    ) { Double(limit) }
  }

  /// Shows what would be put back into a Redis that lost it, and what did not fit; asked for at every scrape.
  func showPutBack(_ figures: @escaping @Sendable () -> PutBackFigures) {
    registry.observe(
      "idempotency_put_back_reservations", help: "Reservations that would be put back into a Redis that lost them."
    ) { Double(figures().reservations) }
    registry.observe(
      "idempotency_put_back_bytes", help: "Bytes of outcomes that would be put back into a Redis that lost them."
    ) { Double(figures().bytes) }
    let dropped = { (what: String, count: @escaping @Sendable (PutBackFigures) -> Int) in
      self.registry.observe(
        "idempotency_put_back_dropped_total", .counter,
        help: "What could not be kept to be put back: a Redis that loses it then may run it again.",
        labels: [("what", what)]
      ) { Double(count(figures())) }
    }
    dropped("reservation") { $0.droppedReservations }
    dropped("outcome") { $0.droppedOutcomes }
  }

  /// The configuration was read again.
  func configurationReloaded(succeeded: Bool) {
    (succeeded ? reloads.succeeded : reloads.failed).increment()
    lastReload.set(succeeded ? 1.0 : 0.0)
  }
}

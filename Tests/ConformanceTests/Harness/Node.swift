import HiredisNIO
import Hummingbird
import HummingbirdIdempotency
import Idempotency
import IdempotencyRedis
import Logging
import NIOCore
import ServiceLifecycle

/// One API node: a Hummingbird application with the middleware, on a free port of 127.0.0.1.
///
/// The one place to change when the suite runs against something else than the middleware.
final class Node: Sendable {
  let port: Int
  let store: RedisIdempotencyStore
  let service: IdempotencyService
  private let group: ServiceGroup
  private let run: Task<Void, any Error>

  var url: String { "http://127.0.0.1:\(port)" }

  private init(
    port: Int, store: RedisIdempotencyStore, service: IdempotencyService, group: ServiceGroup,
    run: Task<Void, any Error>
  ) {
    self.port = port
    self.store = store
    self.service = service
    self.group = group
    self.run = run
  }

  /// Starts a node and waits until it takes guarded work.
  static func start(
    number: Int, redis: RedisConfiguration, prefix: String, origin: Origin, options: ClusterOptions
  ) async throws -> Node {
    var logger = Logger(label: "node-\(number)")
    logger.logLevel = .critical
    var redis = redis
    redis.commandTimeout = options.storeTimeout
    var configuration = RedisStoreConfiguration(redis: redis)
    configuration.prefix = prefix
    configuration.settle = options.settle
    let store = RedisIdempotencyStore(configuration: configuration, logger: logger)
    let service = IdempotencyService(
      store: store, worker: "node-\(number)", limits: options.limits, logger: logger)
    let policies = try PolicySet(
      options.policies, pepper: options.pepper, unmatchedKey: options.unmatchedKey, challenge: options.challenge)
    let router = Router(context: BasicRequestContext.self)
    router.add(
      middleware: IdempotencyMiddleware(
        service: service, policies: policies,
        principal: try .headers(options.principal, missing: options.sharesUnidentified ? .shared : .reject)))
    router.add(middleware: OriginMiddleware(origin: origin))
    let bound = Watched<Int?>(nil)
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in bound.update { $0 = channel.localAddress?.port ?? 0 } }, logger: logger)
    let group = ServiceGroup(services: [store, service, application], logger: logger)
    let run = Task { try await group.run() }
    do {
      try await store.waitUntilReady()
    } catch {
      run.cancel()
      throw error
    }
    let port = await bound.wait { $0 != nil } ?? 0
    // The group starts its services in no order that could be awaited.
    while !service.isAccepting { try await Task.sleep(for: .milliseconds(1)) }
    return Node(port: port, store: store, service: service, group: group, run: run)
  }

  /// Begins to shut down as on SIGTERM, and returns at once.
  func beginStopping() async {
    await group.triggerGracefulShutdown()
  }

  /// Gives up on everything at once.
  func abort() {
    run.cancel()
  }

  /// Shuts down as on SIGTERM, and returns when all of it has ended.
  func stop() async throws {
    await group.triggerGracefulShutdown()
    try await run.value
  }
}

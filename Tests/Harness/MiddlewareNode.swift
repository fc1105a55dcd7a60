import HiredisNIO
import Hummingbird
import HummingbirdIdempotency
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import Logging
import NIOCore
import ServiceLifecycle

/// A node that is a Hummingbird application of this process, with the middleware.
final class MiddlewareNode: Node {
  let port: Int
  private let group: ServiceGroup
  private let run: Task<Void, any Error>

  private init(port: Int, group: ServiceGroup, run: Task<Void, any Error>) {
    self.port = port
    self.group = group
    self.run = run
  }

  /// Starts a node and waits until it takes guarded work.
  static func start(_ settings: NodeSettings, origin: Origin) async throws -> MiddlewareNode {
    _ = HarnessMetrics.shared
    let options = settings.options
    var logger = Logger(label: "node-\(settings.number)")
    logger.logLevel = .critical
    var redis = settings.redis.configuration
    if settings.redisPort != settings.redis.port { redis.address = .tcp(host: "127.0.0.1", port: settings.redisPort) }
    redis.commandTimeout = options.storeTimeout
    var configuration = RedisStoreConfiguration(redis: redis)
    configuration.prefix = settings.prefix
    configuration.settle = options.settle
    let store = RedisIdempotencyStore(configuration: configuration, logger: logger)
    let service = IdempotencyService(
      store: store, worker: "node-\(settings.number)", limits: options.limits, logger: logger)
    let policies = try PolicySet(
      options.policies, pepper: options.pepper.map { Pepper(bytes: $0) } ?? .default,
      unmatchedKey: options.unmatchedKey, challenge: options.challenge)
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
      try await service.waitUntilClaimed()
    } catch {
      run.cancel()
      throw error
    }
    let port = await bound.wait { $0 != nil } ?? 0
    // The group starts its services in no order that could be awaited.
    while !service.isAccepting { try await Task.sleep(for: .milliseconds(1)) }
    return MiddlewareNode(port: port, group: group, run: run)
  }

  func beginStopping() async {
    await group.triggerGracefulShutdown()
  }

  func abort() {
    run.cancel()
  }

  func stop() async throws {
    await group.triggerGracefulShutdown()
    try await run.value
  }

  func requests(policy: String?) async throws -> [String: Int64]? { nil }
}

import HiredisNIO
import Hummingbird
import HummingbirdIdempotency
import Idempotency
import IdempotencyRedis
import Logging
import NIOCore
import ServiceLifecycle
import Testing

/// A node that opens its listener whether Redis is there or not, as a service does that has more to offer than what is
/// guarded.
struct LonelyNode: Sendable {
  let port: Int

  /// Sends a request and waits for the whole answer.
  func send(_ call: Call) async throws -> Reply {
    try await call.send(to: "http://127.0.0.1:\(port)")
  }
}

/// Gives a test such a node; one that `isReady` has found Redis, and takes guarded requests.
func withLonelyNode(
  redis: RedisConfiguration, isReady: Bool = false, _ change: (inout IdempotencyPolicy) throws -> Void = { _ in },
  _ body: (LonelyNode, Origin) async throws -> Void
) async throws {
  _ = HarnessMetrics.shared
  var logger = Logger(label: "lonely")
  logger.logLevel = .critical
  var configuration = RedisStoreConfiguration(redis: redis)
  configuration.settle = .zero
  let store = RedisIdempotencyStore(configuration: configuration, logger: logger)
  let service = IdempotencyService(store: store, worker: "lonely", logger: logger)
  let origin = Origin()
  let router = Router(context: BasicRequestContext.self)
  router.add(
    middleware: IdempotencyMiddleware(
      service: service, policies: try PolicySet([.payments("payments", change)]), principal: try .headers(["x-api-key"])
    ))
  router.add(middleware: OriginMiddleware(origin: origin))
  let bound = Watched<Int?>(nil)
  let application = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in bound.update { $0 = channel.localAddress?.port ?? 0 } }, logger: logger)
  let group = ServiceGroup(services: [store, service, application], logger: logger)
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try await group.run() }
    let port = await bound.wait { $0 != nil } ?? 0
    if isReady { try await holds("the service runs") { service.isAccepting } }
    do {
      try await body(LonelyNode(port: port), origin)
    } catch {
      await group.triggerGracefulShutdown()
      throw error
    }
    await group.triggerGracefulShutdown()
    try await tasks.waitForAll()
  }
}

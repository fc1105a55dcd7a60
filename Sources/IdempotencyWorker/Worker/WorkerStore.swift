import HiredisNIO
import Idempotency
import IdempotencyRedis
import Logging
import NIOCore

/// The store that the configuration asks for.
struct WorkerStore: Sendable {
  let store: any EventLoopStore
  /// The same, when it is Redis.
  let redis: RedisIdempotencyStore?

  /// Makes the store; it connects when it is started.
  /// - Throws: What is wrong with its address or files.
  init(_ settings: StoreSettings, group: any EventLoopGroup, logger: Logger) throws {
    guard case .redis(let url) = settings.kind else {
      // Sentinel and cluster are refused before: see `unavailableFeatures`.
      let memory = MemoryStore()
      store = memory
      redis = nil
      logger.warning("records stand in this process's memory: nothing is shared or survives; for development only")
      return
    }
    var redis = try RedisConfiguration(url: url)
    if let user = settings.user { redis.username = user }
    if let file = settings.passwordFile { redis.password = try SecretFile.read(file) }
    if settings.database != 0 { redis.database = settings.database }
    if let tls = settings.tls { redis.tls = try tls.tls() }
    redis.clientName = "idempotency-worker"
    redis.commandTimeout = TimeAmount(settings.timeout)
    redis.connectionsPerEventLoop = settings.connections
    var configuration = RedisStoreConfiguration(redis: redis)
    configuration.prefix = settings.prefix
    configuration.settle = TimeAmount(settings.settle)
    configuration.putBack.window = TimeAmount(settings.putBack.window)
    configuration.putBack.bytes = settings.putBack.bytes
    let store = RedisIdempotencyStore(configuration: configuration, eventLoopGroup: group, logger: logger)
    self.store = store
    self.redis = store
  }

  /// Whether guarded requests can be served.
  var isReady: Bool { redis?.isReady ?? true }

  /// Suspends until they can.
  ///
  /// A Redis that is not there is waited for, and said so now and then.
  func waitUntilReady(_ logger: Logger) async throws {
    guard let redis else { return }
    while true {
      do {
        return try await redis.waitUntilReady(timeout: .seconds(10))
      } catch let error as RedisStoreError where error.code == .notReady || error.code == .loading {
        logger.warning("waiting for the store", metadata: ["reason": "\(error)"])
      }
    }
  }
}

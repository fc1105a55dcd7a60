import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import Logging
import NIOCore
import NIOPosix

/// One real Redis on its own socket, a store for each owner, and connections that ask for the time.
struct ScriptFixture: Sendable {
  static let ownerCount = 4

  let server: RedisServer
  let stores: [RedisIdempotencyStore]
  /// Apart from the stores' connections, so that asking for the time delays no other owner's commands.
  let clock: RedisClient

  static func with(_ body: (ScriptFixture) async throws -> Void) async throws {
    var options = RedisServer.Options()
    options.listensOnTCP = false
    options.listensOnUnixSocket = true
    let server = try await RedisServer.start(options)
    let fixture = ScriptFixture(
      server: server, stores: (0..<ownerCount).map { _ in store(server.configuration) },
      clock: RedisClient(configuration: server.configuration))
    do {
      for store in fixture.stores { try await store.waitUntilReady() }
      try await fixture.clock.waitUntilConnected()
      try await body(fixture)
    } catch {
      await fixture.stop()
      throw error
    }
    await fixture.stop()
  }

  private static func store(_ redis: RedisConfiguration) -> RedisIdempotencyStore {
    var configuration = RedisStoreConfiguration(redis: redis)
    configuration.settle = .zero
    // A test machine is slower than any Redis; a time-out here would only be one more lost reply.
    configuration.redis.commandTimeout = .seconds(10)
    return RedisIdempotencyStore(
      configuration: configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  private func stop() async {
    await clock.shutdown()
    for store in stores { await store.shutdown() }
    await server.stop()
  }

  /// The store's time, Unix milliseconds.
  func time() async throws -> Int64 {
    let parts = try await clock.send("TIME").array?.compactMap { $0.string.flatMap { Int64($0) } } ?? []
    guard parts.count == 2 else { throw NoTime() }
    return parts[0] * 1000 + parts[1] / 1000
  }

  struct NoTime: Error {}
}

import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension X {
  /// What a node does at its start with a Redis that will not do.
  @Suite("X start", .serialized)
  struct X00StartTests {
    @Test(
      "X start: a Redis that evicts is refused, and the error says what to change",
      .only(.middleware, because: "it is the store's own, whoever holds it"),
      arguments: ["allkeys-lru", "volatile-ttl", "allkeys-random", "volatile-lfu"])
    func evicts(policy: String) async throws {
      var options = RedisServer.Options()
      options.maxMemoryPolicy = policy
      let redis = try await RedisServer.start(options)
      let store = RedisIdempotencyStore(configuration: RedisStoreConfiguration(redis: redis.configuration))
      let error = await #expect(throws: RedisStoreError.self) { try await store.waitUntilReady() }
      #expect(error?.code == .evicts)
      #expect(error?.message.contains("maxmemory-policy noeviction") == true, "\(error?.message ?? "")")
      #expect(error?.message.contains(policy) == true)
      #expect(!store.isReady)
      await store.shutdown()
      await redis.stop()
    }

    @Test(
      "X start: a node process ends with a Redis that evicts, and its last line says what to change")
    func processEvicts() async throws {
      var options = RedisServer.Options()
      options.maxMemoryPolicy = "allkeys-lru"
      try await ProcessFleet.run(options) { fleet in
        let error = await #expect(throws: (any Error).self) { _ = try await fleet.node("A") }
        #expect(
          "\(error.map { "\($0)" } ?? "")".contains("maxmemory-policy noeviction"), "\(error.map { "\($0)" } ?? "")")
      }
    }

    @Test(
      "X start: a replica is refused, and the error says what to do",
      .only(.middleware, because: "it is the store's own, whoever holds it"))
    func replica() async throws {
      let redis = try await RedisServer.start()
      try await redis.command("REPLICAOF", "127.0.0.1", "1")
      let store = RedisIdempotencyStore(configuration: RedisStoreConfiguration(redis: redis.configuration))
      let error = await #expect(throws: RedisStoreError.self) { try await store.waitUntilReady() }
      #expect(error?.code == .notPrimary)
      #expect(error?.message.contains("primary") == true)
      await store.shutdown()
      await redis.stop()
    }

    @Test(
      "X start: a node process whose Redis is not there yet takes no requests, and serves once it comes")
    func processWaits() async throws {
      try await ProcessFleet.run { fleet in
        await fleet.redis.kill()
        let starting = Task { try await fleet.node("A") }
        // It has tried and failed before Redis comes: a plain socket in Redis's place sees it.
        let knock = try await Knock.wait(port: fleet.redis.port)
        #expect(knock > 0)
        try await fleet.redis.restart()
        let node = try await starting.value
        // Ready is the first event loop's connection; another may still be in its backoff, and then says 503.
        let reply = try await eventually(within: .seconds(5)) {
          let reply = try await node.transfer(freshKey())
          if reply.label == "executed" { return reply as Reply? }
          try expect(reply, is: "store-unavailable")
          return nil
        }
        #expect(reply.status == 201)
      }
    }

    @Test(
      "X start: a node process whose Redis never comes gives up in time and says so",
      .only(.middleware, because: "a worker waits for its Redis as long as it takes: see the test before"))
    func processGivesUp() async throws {
      try await ProcessFleet.run { fleet in
        await fleet.redis.kill()
        let error = await #expect(throws: (any Error).self) {
          _ = try await fleet.node("A") { $0.walletFlags += ["--start-timeout", "1s"] }
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("Redis at 127.0.0.1:\(fleet.redis.port)"), "\(text)")
      }
    }
  }
}

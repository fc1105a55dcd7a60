import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import NIOCore
import Testing

@Suite(.sharedRedis) struct RedisStoreConformanceTests {
  @Test(arguments: StoreConformance.cases)
  func conforms(_ rule: StoreConformance.Case) async throws {
    try await rule.run(in: RedisStoreContext(fixture: #require(SharedRedis.fixture)))
  }
}

/// What turns on one millisecond, in a Redis whose clock stands still.
@Suite struct RedisStoreEdgeTests {
  @Test("X13: Redis and the memory store agree about the last millisecond of a lease, of a wait and of a record")
  func edges() async throws {
    let clock = try await FaultRedisClock.make()
    try await RedisFixture.with(.with { $0.environment = clock.environment }) { fixture in
      let context = StoppedRedisContext(redis: RedisStoreContext(fixture: fixture), clock: clock)
      try await clock.stop(at: context.now())
      for rule in StoreConformance.edgeCases { try await rule.run(in: context) }
    }
  }
}

/// A Redis store whose time stands still until a case moves it.
private struct StoppedRedisContext: StoreConformanceContext {
  let redis: RedisStoreContext
  let clock: FaultRedisClock
  var store: any IdempotencyStore { redis.store }

  func freshKey() -> RecordKey { redis.freshKey() }
  func now() async throws -> Int64 { try await redis.now() }
  func pass(_ milliseconds: Int64) async throws { try await clock.stop(at: now() + milliseconds) }

  func plant(_ bytes: ByteBuffer?, under key: RecordKey, ttl: Int64) async throws {
    try await redis.plant(bytes, under: key, ttl: ttl)
  }

  func remove(_ key: RecordKey) async throws { try await redis.remove(key) }
  func timeToLive(of key: RecordKey) async throws -> Int64? { try await redis.timeToLive(of: key) }
}

/// The Redis store under test; its time is Redis's own.
struct RedisStoreContext: StoreConformanceContext {
  let fixture: RedisFixture
  var store: any IdempotencyStore { fixture.store }

  func freshKey() -> RecordKey { Specimen.key() }

  func now() async throws -> Int64 {
    let time = try await fixture.server.command("TIME").array ?? []
    let parts = try time.map { try #require($0.string.flatMap { Int64($0) }) }
    return parts[0] * 1000 + parts[1] / 1000
  }

  func pass(_ milliseconds: Int64) async throws {
    let end = try await now() + milliseconds
    while case let rest = end - (try await now()), rest > 0 { try await Task.sleep(for: .milliseconds(rest)) }
  }

  func plant(_ bytes: ByteBuffer?, under key: RecordKey, ttl: Int64) async throws {
    try await remove(key)
    guard let bytes else {
      try await fixture.server.command("LPUSH", "idem:\(key)", "no record")
      try await fixture.server.command("PEXPIRE", "idem:\(key)", "\(ttl)")
      return
    }
    let client = RedisClient(configuration: fixture.server.configuration)
    _ = try await client.send(timeout: .seconds(5)) { writer in
      writer.begin("SET", argumentCount: 4)
      writer.bulk("idem:\(key)")
      writer.bulk(bytes)
      writer.bulk("PX")
      writer.bulk(ttl)
    }
    await client.shutdown()
  }

  func remove(_ key: RecordKey) async throws {
    try await fixture.server.command("DEL", "idem:\(key)")
  }

  func timeToLive(of key: RecordKey) async throws -> Int64? {
    let ttl = try await fixture.server.command("PTTL", "idem:\(key)").integer
    return ttl.flatMap { $0 == -2 ? nil : $0 }
  }
}

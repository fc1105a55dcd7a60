import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import NIOCore
import Testing

/// `{prefix}:meta`: nodes that derive keys otherwise are not ready (rule F11).
@Suite(.timeLimit(.minutes(1))) struct ClaimTests {
  private let mine = KeyspaceDerivation(keyspace: "transfers", digest: String(repeating: "a", count: 64))
  private let second = KeyspaceDerivation(keyspace: "payments", digest: String(repeating: "b", count: 64))
  private let other = KeyspaceDerivation(keyspace: "transfers", digest: String(repeating: "c", count: 64))

  private func standing(_ server: RedisServer, _ keyspace: String) async throws -> String? {
    try await server.command("HGET", "idem:meta", keyspace).string
  }

  @Test("The first claim is written; the same is found again, also beside a new one (F11)")
  func claims() async throws {
    try await RedisFixture.with { fixture in
      try await fixture.store.claim([])
      #expect(try await fixture.server.command("EXISTS", "idem:meta").integer == 0)
      try await fixture.store.claim([mine])
      try await fixture.store.claim([mine, second])
      #expect(try await standing(fixture.server, "transfers") == mine.digest)
      #expect(try await standing(fixture.server, "payments") == second.digest)
      // A claim outlives every record.
      #expect(try await fixture.server.command("TTL", "idem:meta").integer == -1)
    }
  }

  @Test("A keyspace that derives otherwise is named, and nothing of it is changed (F11)")
  func otherwise() async throws {
    try await RedisFixture.with { fixture in
      try await fixture.store.claim([mine])
      let error = await #expect(throws: RedisStoreError.self) { try await fixture.store.claim([second, other]) }
      #expect(error?.code == .derivesOtherwise)
      #expect(error?.message.contains("keyspace transfers ") == true)
      #expect(error?.message.contains("needs a new keyspace") == true)
      #expect(try await standing(fixture.server, "transfers") == mine.digest)
      #expect(try await standing(fixture.server, "payments") == nil)
    }
  }

  @Test("Of two that claim at once exactly one gets the keyspace (F11)")
  func race() async throws {
    try await RedisFixture.with { fixture in
      let rival = RedisFixture.makeStore(fixture.server.configuration)
      try await rival.waitUntilReady()
      for round in 0..<50 {
        let claims = ["a", "b"].map { KeyspaceDerivation(keyspace: "k\(round)", digest: $0) }
        async let one = claimed(fixture.store, claims[0])
        async let two = claimed(rival, claims[1])
        let won = await [one, two]
        #expect(won.count { $0 } == 1)
        #expect(try await standing(fixture.server, "k\(round)") == (won[0] ? "a" : "b"))
      }
      await rival.shutdown()
    }
  }

  private func claimed(_ store: RedisIdempotencyStore, _ derivation: KeyspaceDerivation) async -> Bool {
    do {
      try await store.claim([derivation])
      return true
    } catch {
      return false
    }
  }

  @Test("A claim that stands needs no write; one that is refused says what to allow (F11)")
  func rights() async throws {
    let server = try await RedisServer.start(.with { $0.users = ["idem on >secret ~* &* +@all -hsetnx"] })
    var configuration = server.configuration
    (configuration.username, configuration.password) = ("idem", "secret")
    let store = RedisFixture.makeStore(configuration)
    try await store.waitUntilReady()
    let error = await #expect(throws: RedisStoreError.self) { try await store.claim([mine]) }
    #expect(error?.code == .claimRefused)
    #expect(error?.message.contains("+hsetnx") == true)
    try await server.command("HSET", "idem:meta", "transfers", mine.digest)
    try await store.claim([mine])
    try await server.command("DEL", "idem:meta")
    try await server.command("SET", "idem:meta", "x")
    #expect(await #expect(throws: RedisStoreError.self) { try await store.claim([mine]) }?.code == .claimRefused)
    await store.shutdown()
    await server.stop()
  }

  @Test("A Redis that cannot be asked claims nothing (F11, X4)")
  func away() async throws {
    let server = try await RedisServer.start()
    let store = RedisFixture.makeStore(server.configuration)
    try await store.waitUntilReady()
    await server.kill()
    #expect(await #expect(throws: RedisStoreError.self) { try await store.claim([mine]) }?.code == .notReady)
    await store.shutdown()
    await server.stop()
  }

  @Test("What a restart lost is claimed again before the store is ready (F11, X8)")
  func lost() async throws {
    try await RedisFixture.with(settle: .seconds(3)) { fixture in
      try await fixture.store.claim([mine])
      try await fixture.server.restart()
      try await ChangedRedisTests().untilSettling(fixture.store)
      try await fixture.store.waitUntilReady()
      #expect(try await standing(fixture.server, "transfers") == mine.digest)
    }
  }

  @Test("A keyspace that another has claimed meanwhile leaves the store not ready: no second life (F11, X8)")
  func takenMeanwhile() async throws {
    try await RedisFixture.with { fixture in
      let proxy = try await FaultProxy.start(port: fixture.server.port)
      let store = RedisFixture.makeStore(RedisConfiguration(address: .tcp(host: proxy.host, port: proxy.port)))
      try await store.waitUntilReady()
      try await store.claim([mine])
      await proxy.refuseConnections()
      await proxy.cut()
      try await fixture.server.restart()
      try await fixture.server.command("HSET", "idem:meta", other.keyspace, other.digest)
      try await proxy.acceptConnections()
      try await ChangedRedisTests().untilSettling(store)
      let error = await #expect(throws: RedisStoreError.self) { try await store.waitUntilReady() }
      #expect(error?.code == .derivesOtherwise)
      #expect(await store.failure(Specimen.reserve(Specimen.record()), for: Specimen.key()) != nil)
      #expect(try await standing(fixture.server, "transfers") == other.digest)
      await store.shutdown()
      await proxy.stop()
    }
  }
}

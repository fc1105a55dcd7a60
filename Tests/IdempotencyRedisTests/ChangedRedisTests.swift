import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import NIOCore
import Testing

/// X8: what happens when Redis comes back changed.
@Suite struct ChangedRedisTests {
  /// Returns when the store has met the changed node: what begins something is refused because it has not settled.
  func untilSettling(
    _ store: some IdempotencyStore, _ operation: StoreOperation = Specimen.reserve(Specimen.record())
  ) async throws {
    for _ in 0..<1000 {
      let failure = await store.failure(operation, for: Specimen.key())
      if failure?.kind == .refused(.settling) { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw ServerStateError(message: "the store never met a changed node")
  }

  @Test(
    "A restart that lost everything: live reservations and fresh completions are put back before anyone reserves (X8)")
  func restart() async throws {
    try await RedisFixture.with(settle: .seconds(1)) { fixture in
      let (running, done, freed, marked) = (Specimen.key(), Specimen.key(), Specimen.key(), Specimen.key())
      let store = fixture.store
      let record = try await store.hold(running)
      let finished = try await store.hold(done)
      _ = try await store.perform(Specimen.complete(finished.head.token), for: done)
      _ = try await store.perform(Specimen.release(try await store.hold(freed).head.token), for: freed)
      _ = try await store.perform(Specimen.mark(try await store.hold(marked).head.token), for: marked)

      try await fixture.server.restart()
      try await untilSettling(store)
      try await untilSettling(store, Specimen.reclaim(record))
      #expect(!store.isReady)

      try await store.waitUntilReady()
      #expect(try await store.perform(.read, for: running) == .record(StoredRecord(record)))
      let answer = Specimen.record(.completed, finished.head.token, body: "done")
      #expect(try await store.perform(.read, for: done) == .record(StoredRecord(answer)))
      guard case .record(let uncertain) = try await store.perform(.read, for: marked) else {
        throw ServerStateError(message: "the uncertain key is gone")
      }
      #expect(uncertain.head.state == .uncertain)
      #expect(try await store.perform(.read, for: freed) == .absent)
      #expect(try await store.perform(Specimen.complete(record.head.token), for: running) == .outcome(.applied))
      #expect(try await store.perform(Specimen.reserve(Specimen.record()), for: Specimen.key()) == .granted)
    }
  }

  @Test("A new process does not reserve before settle has passed; reading it may")
  func firstSeen() async throws {
    try await RedisFixture.with { fixture in
      let store = RedisFixture.makeStore(fixture.server.configuration, settle: .milliseconds(500))
      store.start()
      try await untilSettling(store)
      #expect(try await store.perform(.read, for: Specimen.key()) == .absent)
      try await store.waitUntilReady()
      #expect(try await store.perform(Specimen.reserve(Specimen.record()), for: Specimen.key()) == .granted)
      await store.shutdown()
    }
  }

  @Test("A lost connection to an unchanged Redis settles nothing: the next reservation goes through (X8)")
  func reconnect() async throws {
    try await RedisFixture.with(settle: .milliseconds(200)) { fixture in
      try await fixture.server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
      for _ in 0..<4 {
        let failure = await fixture.store.failure(Specimen.reserve(Specimen.record()), for: Specimen.key())
        #expect(failure == nil || failure?.kind == .unknown, "\(failure?.message ?? "")")
      }
      #expect(fixture.store.isReady)
    }
  }

  @Test("Redis away: nothing was sent, and the message says so (X4)")
  func away() async throws {
    let server = try await RedisServer.start()
    await server.kill()
    let store = RedisFixture.makeStore(server.configuration)
    let error = await #expect(throws: RedisStoreError.self) {
      try await store.waitUntilReady(timeout: .milliseconds(300))
    }
    #expect(error?.code == .notReady)
    #expect(await store.failure(.read, for: Specimen.key())?.kind == .notSent)
    let reserve = await store.failure(Specimen.reserve(Specimen.record()), for: Specimen.key())
    #expect(reserve?.kind == .notSent)
    await store.shutdown()
    await server.stop()
  }

  @Test("The clock follows Redis's own, never behind it (X13)")
  func clock() async throws {
    try await RedisFixture.with { fixture in
      let context = RedisStoreContext(fixture: fixture)
      let time = try await context.now()
      let bound = try #require(fixture.store.clock.upperBound(at: .now))
      #expect(bound >= time)
      #expect(bound < time + 1000)
    }
  }
}

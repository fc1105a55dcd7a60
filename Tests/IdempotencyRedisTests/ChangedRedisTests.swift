import HiredisNIO
import Idempotency
@testable import IdempotencyRedis
import IdempotencyTesting
import NIOCore
import Testing

/// X8: what happens when Redis comes back changed.
@Suite struct ChangedRedisTests {
  /// Returns when the store has met the changed node: what begins something is refused because it has not settled.
  ///
  /// The store's `settle` must be longer than a busy machine may leave this waiting between two questions.
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
    try await RedisFixture.with(settle: .seconds(3)) { fixture in
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
      guard case .record(let free) = try await store.perform(.read, for: freed) else {
        throw ServerStateError(message: "the release is gone, and its attempt with it")
      }
      #expect(free.head.state == .free)
      #expect(try await store.perform(Specimen.complete(record.head.token), for: running) == .outcome(.applied))
      #expect(try await store.perform(Specimen.reserve(Specimen.record()), for: Specimen.key()) == .granted)
    }
  }

  /// What the store goes back to, and what it forgets by that.
  enum Memory: CaseIterable { case free, held, freedByAnother }

  @Test(
    "A restart that goes back to an earlier attempt: the takeover it forgot is put back over it (X8)",
    arguments: Memory.allCases, [false, true])
  func takeover(_ memory: Memory, isDone: Bool) async throws {
    try await RedisFixture.with(settle: .seconds(3)) { fixture in
      let (store, key) = (fixture.store, Specimen.key())
      let first = try await store.hold(key)
      if memory == .held { try await fixture.server.command("SAVE") }
      _ = try await store.perform(Specimen.release(first.head.token), for: key)
      if memory == .free { try await fixture.server.command("SAVE") }
      var mine = Specimen.record()
      let reclaim = StoreOperation.reclaim(
        expected: first.head.token, expectedState: .free, record: mine, ttl: 60_000, uncertainTTL: 60_000, lost: nil)
      #expect(try await store.perform(reclaim, for: key) == .reclaimed(attempt: 2))
      mine.head.attempt = 2
      var answer = Specimen.record(.completed, mine.head.token, body: "done")
      answer.head.attempt = 2
      let complete = StoreOperation.complete(
        token: mine.head.token, ownDeadline: mine.head.leaseDeadline, record: answer, ttl: 60_000)
      if isDone { _ = try await store.perform(complete, for: key) }

      try await fixture.server.restart()
      if memory == .freedByAnother {
        // A process that holds nothing, and gives up a reservation that the store never had.
        let other = RedisFixture.makeStore(fixture.server.configuration)
        try await other.waitUntilReady()
        _ = try await other.perform(Specimen.release(.random()), for: key)
        await other.shutdown()
      }
      try await untilSettling(store)
      try await store.waitUntilReady()
      guard case .record(let standing) = try await store.perform(.read, for: key) else {
        throw ServerStateError(message: "the key is gone")
      }
      #expect(standing.head.state == (isDone ? .completed : .reserved))
      #expect(standing.head.token == mine.head.token)
      #expect(standing.head.attempt >= 2)
      #expect(try await store.perform(complete, for: key) == .outcome(isDone ? .already : .applied))
    }
  }

  @Test("A new process does not reserve before settle has passed; reading it may")
  func firstSeen() async throws {
    try await RedisFixture.with { fixture in
      let store = RedisFixture.makeStore(fixture.server.configuration, settle: .seconds(3))
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
      let before = try await context.now()
      let bound = try #require(fixture.store.clock.upperBound(at: .now))
      let after = try await context.now()
      #expect(bound >= before)
      // However long this test was not run in between.
      #expect(bound <= after + (NodeClock.driftAllowance + NodeClock.maximumRoundTrip / 1000) / 1000 + 1)
    }
  }
}

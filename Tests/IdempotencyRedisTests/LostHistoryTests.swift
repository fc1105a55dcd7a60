@testable import HiredisNIO
import Idempotency
import IdempotencyTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import IdempotencyRedis

/// X8: what was acknowledged is put back however long Redis was away, however often it is lost, and wherever the address
/// leads.
@Suite struct LostHistoryTests {
  /// Long enough for a busy machine to ask twice before it is over.
  private static let settle = TimeAmount.seconds(3)

  private func state(_ store: RedisIdempotencyStore, _ key: RecordKey) async throws -> RecordState? {
    var state: RecordState?
    // It may be away, or being connected.
    try await eventually {
      guard let reply = try? await store.perform(.read, for: key) else { return false }
      if case .record(let stored) = reply { state = stored.head.state }
      return true
    }
    return state
  }

  /// Returns when the store has met another history, has put back what it holds, and has settled.
  private func untilSettled(_ store: RedisIdempotencyStore) async throws {
    try await eventually { !store.isReady }
    try await store.waitUntilReady(timeout: .minutes(2))
  }

  /// Waits as long as a busy machine takes.
  private func eventually(_ holds: () async throws -> Bool) async throws {
    for _ in 0..<24_000 {
      if try await holds() { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw ServerStateError(message: "it never came to that")
  }

  /// How many keys there are; none while the server is being connected again.
  private func size(of server: RedisServer) async -> Int64 { (try? await server.command("DBSIZE").integer) ?? 0 }

  /// Holds keys and completes them.
  private func complete(_ store: RedisIdempotencyStore, _ count: Int) async throws -> [RecordKey] {
    var keys: [RecordKey] = []
    for _ in 0..<count {
      let key = Specimen.key()
      let record = try await store.hold(key)
      #expect(try await store.perform(Specimen.complete(record.head.token), for: key) == .outcome(.applied))
      keys.append(key)
    }
    return keys
  }

  @Test("An outage that is longer than the window ages nothing: what was acknowledged before it is put back")
  func longOutage() async throws {
    let server = try await RedisServer.start()
    let store = RedisFixture.makeStore(server.configuration, settle: Self.settle) { $0.putBack.window = .seconds(1) }
    try await store.waitUntilReady(timeout: .minutes(2))
    var completed: [(key: RecordKey, begun: ContinuousClock.Instant)] = []
    for _ in 0..<20 {
      let begun = ContinuousClock.now
      completed.append((try await complete(store, 1)[0], begun))
    }
    // A busy machine takes longer than the window for all of them; the last contact is the last one's.
    let (end, last) = (ContinuousClock.now, try #require(completed.last))
    let keys = completed.filter { end - $0.begun < .milliseconds(800) }.map(\.key) + [last.key]
    await server.kill()
    // Twice the window; on the code before, five seconds were measured back from the reconnection.
    try await Task.sleep(for: .milliseconds(2_100))
    try await server.restart()
    try await untilSettled(store)
    for key in keys { #expect(try await state(store, key) == .completed) }
    await store.shutdown()
    await server.stop()
  }

  @Test("A second loss while putting back, and one after it: everything is put back again")
  func lostAgain() async throws {
    try await RedisFixture.with(settle: Self.settle) { fixture in
      let keys = try await complete(fixture.store, 30)
      let running = Specimen.key()
      let record = try await fixture.store.hold(running)
      for isWhole in [false, true] {
        await fixture.server.kill()
        try await fixture.server.restart()
        // Some are there, perhaps all.
        try await eventually { await size(of: fixture.server) >= (isWhole ? 31 : 1) }
      }
      await fixture.server.kill()
      try await fixture.server.restart()
      try await eventually { await size(of: fixture.server) == 31 }
      try await untilSettled(fixture.store)
      for key in keys { #expect(try await state(fixture.store, key) == .completed) }
      let complete = Specimen.complete(record.head.token)
      #expect(try await fixture.store.perform(complete, for: running) == .outcome(.applied))
    }
  }

  @Test(
    "I1, X2: a reservation whose lease ended during the outage is put back: nobody is granted the key as new",
    arguments: [UnknownOutcome.hold, .store, .executeAgain])
  func lapsed(_ choice: UnknownOutcome) async throws {
    try await RedisFixture.with(settle: Self.settle) { fixture in
      let (store, key) = (fixture.store, Specimen.key())
      let time = try #require(store.clock.upperBound(at: .now))
      let mine = Specimen.record(deadline: time + 200, choice: choice)
      #expect(try await store.perform(Specimen.reserve(mine), for: key) == .granted)
      await fixture.server.kill()
      try await Task.sleep(for: .milliseconds(300))
      try await fixture.server.restart()
      try await untilSettled(store)
      let other = Specimen.record(choice: choice)
      let reply = try await store.perform(Specimen.reserve(other), for: key)
      guard case .record(let standing) = reply else {
        throw ServerStateError(message: "another is granted a key whose operation runs: \(reply)")
      }
      #expect(standing.head.token == mine.head.token && standing.head.state == .reserved)
      let reclaim = StoreOperation.reclaim(
        expected: mine.head.token, expectedState: .reserved, record: other, ttl: 60_000, uncertainTTL: 60_000,
        lost: choice == .store ? Specimen.record(.completed, other.head.token) : nil)
      let taken: [UnknownOutcome: StoreReply] = [
        .hold: .nowUncertain, .store: .settled, .executeAgain: .reclaimed(attempt: 2),
      ]
      #expect(try await store.perform(reclaim, for: key) == taken[choice])
      // The operation's own end still counts under hold; else an answer, or a later attempt, is in its place.
      let outcome = try await store.perform(Specimen.complete(mine.head.token), for: key)
      #expect(outcome == .outcome(choice == .hold ? .applied : .lost))
    }
  }

  @Test("A record that cannot be replayed and a name that cannot be parsed hide nothing behind them (F8)")
  func strange() async throws {
    try await RedisFixture.with(settle: Self.settle) { fixture in
      let store = fixture.store
      var strange: [RecordKey] = []
      for index in 0..<10 {
        let key = RecordKey(written: "good:-:arn:aws:\(index)")
        let record = try await store.hold(key)
        _ = try await store.perform(Specimen.complete(record.head.token), for: key)
        strange.append(key)
      }
      let keys = try await complete(store, 40)
      try await fixture.server.restart()
      try await untilSettled(store)
      for key in keys + strange { #expect(try await state(store, key) == .completed) }
    }
  }

  @Test("A server that was a replica for a moment has other data over the same connection: nothing is granted twice")
  func replaced() async throws {
    try await RedisFixture.with(settle: Self.settle) { fixture in
      let other = try await RedisServer.start()
      let store = fixture.store
      let key = try await complete(store, 1)[0]
      try await fixture.server.command("REPLICAOF", "127.0.0.1", "\(other.port)")
      try await eventually { try await fixture.server.command("DBSIZE").integer == 0 }
      // The only sign of it on this connection.
      let refusal = await store.failure(Specimen.reserve(Specimen.record()), for: key)
      #expect(refusal?.kind == .refused(.readOnly))
      try await fixture.server.command("REPLICAOF", "NO", "ONE")
      var replies: [StoreReply] = []
      try await eventually {
        if let reply = try? await store.perform(Specimen.reserve(Specimen.record()), for: key) { replies.append(reply) }
        return !replies.isEmpty
      }
      guard case .record(let stored)? = replies.first else {
        throw ServerStateError(message: "the key is granted again: \(replies)")
      }
      #expect(stored.head.state == .completed)
      await other.stop()
    }
  }

  @Test("A server that refused writes for a moment and is promoted again takes them when it has settled")
  func doubted() async throws {
    try await RedisFixture.with(settle: .seconds(3)) { fixture in
      let store = fixture.store
      // Nothing listens there, so it keeps what it has; and its history is another one when it is promoted.
      try await fixture.server.command("REPLICAOF", "127.0.0.1", "1")
      let refusal = await store.failure(Specimen.reserve(Specimen.record()), for: Specimen.key())
      #expect(refusal?.kind == .refused(.readOnly))
      #expect(store.node.isDoubted)
      try await fixture.server.command("REPLICAOF", "NO", "ONE")
      try await untilSettled(store)
      #expect(try await store.perform(Specimen.reserve(Specimen.record()), for: Specimen.key()) == .granted)
    }
  }

  @Test("One address that leads to two servers: no loop goes on with the one while another has met the other")
  func flapping() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let servers = [try await RedisServer.start(), try await RedisServer.start()]
    let address = Turning(servers[0].configuration.address)
    var configuration = RedisStoreConfiguration(redis: servers[0].configuration)
    configuration.settle = Self.settle
    let store = RedisIdempotencyStore(configuration: configuration, eventLoopGroup: group, topology: address)
    try await store.waitUntilReady(timeout: .minutes(2))
    let loops = Array(group.makeIterator())
    let (key, next) = (Specimen.key(), Specimen.key())
    let record = Specimen.record()
    #expect(try await perform(store, Specimen.reserve(record), key, on: loops[0]) == .granted)

    // The address leads elsewhere from now on; one loop notices, the other's connection lives.
    address.lead(to: servers[1].configuration.address)
    let cut = loops[1].submit {
      let link = store.client.connection(on: loops[1]).supervisor.readyLink
      link?.lose(RedisError(.unknown, .connectionClosed, message: "cut"))
    }
    try await cut.get()
    try await eventually { try await servers[1].command("DBSIZE").integer != 0 }
    // Neither loop gets anything from the server that was left, and both together get each key once.
    let before = try await servers[0].command("DBSIZE").integer
    var granted = 0
    for isSettled in [false, true] {
      if isSettled { try await store.waitUntilReady(timeout: .minutes(2)) }
      for loop in loops {
        for key in [key, next] {
          let reply = try? await perform(store, Specimen.reserve(Specimen.record()), key, on: loop)
          if reply == .granted { granted += 1 }
        }
      }
    }
    #expect(granted == 1, "of the new key; the one that runs was put back")
    #expect(try await servers[0].command("DBSIZE").integer == before)
    #expect(try await store.perform(Specimen.complete(record.head.token), for: key) == .outcome(.applied))
    await store.shutdown()
    for server in servers { await server.stop() }
    try await group.shutdownGracefully()
  }

  private func perform(
    _ store: RedisIdempotencyStore, _ operation: StoreOperation, _ key: RecordKey, on loop: any EventLoop
  ) async throws -> StoreReply {
    try await withCheckedThrowingContinuation { continuation in
      loop.execute { store.perform(operation, for: key, on: loop) { continuation.resume(with: $0) } }
    }
  }
}

/// An address that a proxy or a name service moves from one server to another.
private final class Turning: RedisTopology {
  private let address: NIOLockedValueBox<RedisConfiguration.Address>

  init(_ address: RedisConfiguration.Address) { self.address = NIOLockedValueBox(address) }

  func lead(to other: RedisConfiguration.Address) { address.withLockedValue { $0 = other } }

  func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Address> {
    eventLoop.makeSucceededFuture(address.withLockedValue { $0 })
  }

  func reconnects(after error: RedisServerError) -> Bool { false }
}

import HiredisNIO
import IdempotencyTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Idempotency
@testable import IdempotencyRedis

/// Counts what a watcher is told, and lets a test wait for it.
final class Told: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let total = NIOLockedValueBox(0)

  init() { (stream, continuation) = AsyncStream.makeStream() }

  var count: Int { total.withLockedValue { $0 } }

  func tell() {
    total.withLockedValue { $0 += 1 }
    continuation.yield()
  }

  /// Waits until it was told once more.
  func next() async { for await _ in stream { return } }
}

/// Who waits is told of changes over Redis (rule E18).
///
/// One after the other: one of them kills the subscriptions of all.
@Suite(.sharedRedis, .serialized, .timeLimit(.minutes(1))) struct WatchTests {
  private func fixture() throws -> RedisFixture { try #require(SharedRedis.fixture) }

  @Test("Told once at the beginning, then of completion, release, uncertainty and an operator's decision (E18)")
  func changes() async throws {
    let store = try fixture().store
    for kind in [StoreOperation.Kind.complete, .release, .markUncertain] {
      let (key, told) = (Specimen.key(), Told())
      let token = try await store.hold(key).head.token
      let first: StoreOperation =
        switch kind {
        case .complete: Specimen.complete(token)
        case .release: Specimen.release(token)
        default: Specimen.mark(token)
        }
      let watch = store.watch(key) { told.tell() }
      await told.next()
      _ = try await store.perform(first, for: key)
      await told.next()
      if try await store.perform(Specimen.resolve(token), for: key) == .outcome(.applied) { await told.next() }
      watch.cancel()
    }
  }

  @Test("Another node's change is told, of this record only, to all who wait, and not to those who have gone (E18)")
  func severalWatches() async throws {
    let fixture = try fixture()
    let other = RedisFixture.makeStore(fixture.server.configuration)
    try await other.waitUntilReady()
    let key = Specimen.key()
    let token = try await other.hold(key).head.token
    let (one, two, gone, stranger) = (Told(), Told(), Told(), Told())
    let watches = [one, two, gone].map { told in fixture.store.watch(key) { told.tell() } }
    let strange = fixture.store.watch(Specimen.key()) { stranger.tell() }
    for told in [one, two, gone, stranger] { await told.next() }
    watches[2].cancel()
    watches[2].cancel()
    _ = try await other.perform(Specimen.complete(token), for: key)
    await one.next()
    await two.next()
    #expect(gone.count == 1)
    #expect(stranger.count == 1)
    for watch in watches + [strange] { watch.cancel() }
    await other.shutdown()
  }

  @Test("A subscription that was lost is made again, and says that changes may have been missed (E18, X8)")
  func lost() async throws {
    let fixture = try fixture()
    let (key, told) = (Specimen.key(), Told())
    let watch = fixture.store.watch(key) { told.tell() }
    await told.next()
    try await fixture.server.command("CLIENT", "KILL", "TYPE", "pubsub")
    await told.next()
    watch.cancel()
  }

  @Test("A store that is shut down tells nothing and connects no more")
  func shutDown() async throws {
    let store = RedisFixture.makeStore(try fixture().server.configuration)
    try await store.waitUntilReady()
    let told = Told()
    let watch = store.watch(Specimen.key()) { told.tell() }
    await told.next()
    await store.shutdown()
    store.watch(Specimen.key()) { told.tell() }.cancel()
    watch.cancel()
    #expect(told.count == 1)
  }

  // MARK: Through the service

  private func with(
    _ stores: [RedisIdempotencyStore], _ body: @Sendable ([IdempotencyService]) async throws -> Void
  ) async throws {
    let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let services = stores.map { IdempotencyService(store: $0, logger: quiet) }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for service in services { tasks.addTask { try await service.run() } }
      for service in services { while !service.isAccepting { await Task.yield() } }
      try await body(services)
      tasks.cancelAll()
    }
  }

  private static let fingerprint = Fingerprint.of(operation: "t", payload: ByteBuffer(), pepper: .default)

  private static func policy(_ bound: Duration) -> ExecutionPolicy {
    var policy = ExecutionPolicy()
    policy.onInProgress = .wait(upTo: bound)
    return policy
  }

  /// A duplicate on the second node, while the first executes, and what it gets once it has begun to wait.
  private func duplicate(
    _ services: [IdempotencyService], _ bound: Duration,
    _ hasBegun: @escaping @Sendable (RecordKey) async throws -> Void
  ) async throws -> OperationResult {
    let key = Specimen.key()
    let (started, finish) = (Told(), Told())
    async let first = services[0].perform(key: key, fingerprint: Self.fingerprint) { _ in
      started.tell()
      await finish.next()
      return ByteBuffer(string: "first")
    }
    await started.next()
    async let second = services[1].perform(key: key, fingerprint: Self.fingerprint, policy: Self.policy(bound)) { _ in
      ByteBuffer(string: "second")
    }
    try await hasBegun(key)
    finish.tell()
    _ = try await first
    return try await second
  }

  @Test("A duplicate on another node is woken by the completion alone (E18)")
  func woken() async throws {
    let server = try fixture().server
    let stores = [RedisFixture.makeStore(server.configuration), RedisFixture.makeStore(server.configuration)]
    for store in stores { try await store.waitUntilReady() }
    try await with(stores) { services in
      // No timer fires on the second node: neither the poll nor the bound.
      services[1].timers.stop()
      let result = try await duplicate(services, .seconds(60)) { key in
        let channel = "idem:\(key)"
        while try await server.command("PUBSUB", "SHARDCHANNELS", channel).array?.isEmpty ?? true { await Task.yield() }
      }
      #expect(result.isReplayed)
      #expect(String(buffer: result.value) == "first")
    }
    for store in stores { await store.shutdown() }
  }
}

/// Without the right to the channels nothing is told, and the poll does the work (rule E18).
@Suite(.timeLimit(.minutes(1))) struct WatchWithoutRightsTests {
  @Test("A user without the channels: the duplicate polls, and nothing fails (E18)")
  func polled() async throws {
    let server = try await RedisServer.start(.with { $0.users = ["idem on >secret ~* resetchannels +@all"] })
    var configuration = server.configuration
    (configuration.username, configuration.password) = ("idem", "secret")
    let store = RedisFixture.makeStore(configuration)
    try await store.waitUntilReady()
    let told = Told()
    let watch = store.watch(Specimen.key()) { told.tell() }
    // The refusal is in the log of the server.
    while try await server.command("ACL", "LOG").array?.isEmpty ?? true { await Task.yield() }
    #expect(told.count == 0)
    watch.cancel()
    let (key, finish) = (Specimen.key(), Told())
    let record = try await store.hold(key)
    let service = IdempotencyService(
      store: store, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await service.run() }
      while !service.isAccepting { await Task.yield() }
      var policy = ExecutionPolicy()
      policy.onInProgress = .wait(upTo: .seconds(30))
      async let result = service.perform(key: key, fingerprint: record.head.fingerprint, policy: policy) { _ in
        finish.tell()
        return ByteBuffer()
      }
      #expect(try await store.perform(Specimen.complete(record.head.token), for: key) == .outcome(.applied))
      let replay = try await result
      #expect(replay.isReplayed)
      #expect(finish.count == 0)
      tasks.cancelAll()
    }
    await store.shutdown()
    await server.stop()
  }
}

import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import Logging
import NIOCore
import NIOPosix
import Testing

/// A real Redis and a store on it that is ready.
struct RedisFixture: Sendable {
  let server: RedisServer
  let store: RedisIdempotencyStore

  /// Starts both; `settle` is short, for most tests are alone on their server.
  static func start(
    _ options: RedisServer.Options = .init(), settle: TimeAmount = .zero
  ) async throws -> RedisFixture {
    let server = try await RedisServer.start(options)
    let store = makeStore(server.configuration, settle: settle)
    try await store.waitUntilReady()
    return RedisFixture(server: server, store: store)
  }

  /// A store that was not started.
  static func makeStore(
    _ redis: RedisConfiguration, settle: TimeAmount = .zero,
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
    _ change: (inout RedisStoreConfiguration) -> Void = { _ in }
  ) -> RedisIdempotencyStore {
    var configuration = RedisStoreConfiguration(redis: redis)
    configuration.settle = settle
    // A test machine is slower than any Redis; the default is tested where time-outs are.
    configuration.redis.commandTimeout = .seconds(5)
    configuration.redis.connectTimeout = .seconds(20)
    configuration.putBack.window = .minutes(5)
    change(&configuration)
    return RedisIdempotencyStore(configuration: configuration, eventLoopGroup: eventLoopGroup, logger: logger)
  }

  /// Starts both, runs `body`, and stops both whatever happens.
  static func with(
    _ options: RedisServer.Options = .init(), settle: TimeAmount = .zero,
    _ body: (RedisFixture) async throws -> Void
  ) async throws {
    let fixture = try await start(options, settle: settle)
    do {
      try await body(fixture)
    } catch {
      await fixture.stop()
      throw error
    }
    await fixture.stop()
  }

  func stop() async {
    await store.shutdown()
    await server.stop()
  }
}

extension RedisServer.Options {
  /// The defaults with a change.
  static func with(_ change: (inout RedisServer.Options) -> Void) -> RedisServer.Options {
    var options = RedisServer.Options()
    change(&options)
    return options
  }
}

/// One server for all tests of a suite, each with keys of its own.
struct SharedRedis: SuiteTrait, TestScoping {
  @TaskLocal static var fixture: RedisFixture?

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await RedisFixture.with { fixture in
      try await SharedRedis.$fixture.withValue(fixture) { try await function() }
    }
  }
}

extension Trait where Self == SharedRedis {
  /// One server for all tests of a suite.
  static var sharedRedis: SharedRedis { SharedRedis() }
}

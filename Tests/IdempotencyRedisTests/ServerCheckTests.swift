import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import NIOCore
import NIOPosix
import Testing

@Suite struct ServerCheckTests {
  /// What `run()` and `waitUntilReady()` say of a server.
  func verdict(_ configuration: RedisConfiguration) async -> RedisStoreError? {
    let waiting = RedisFixture.makeStore(configuration)
    let first = await #expect(throws: RedisStoreError.self) { try await waiting.waitUntilReady() }
    await waiting.shutdown()
    let running = RedisFixture.makeStore(configuration)
    let second = await #expect(throws: RedisStoreError.self) { try await running.run() }
    #expect(first == second)
    return first
  }

  @Test("A Redis that evicts keys is refused at start, with what to change")
  func evicts() async throws {
    let server = try await RedisServer.start(.with { $0.maxMemoryPolicy = "allkeys-lru" })
    let error = await verdict(server.configuration)
    #expect(error?.code == .evicts)
    #expect(error?.message.contains("set `maxmemory-policy noeviction`") == true)
    await server.stop()
  }

  @Test("A replica is refused at start")
  func replica() async throws {
    let server = try await RedisServer.start()
    try await server.command("REPLICAOF", "127.0.0.1", "1")
    #expect(await verdict(server.configuration)?.code == .notPrimary)
    await server.stop()
  }

  @Test("A user who may not ask INFO is told to")
  func info() async throws {
    let server = try await RedisServer.start(.with { $0.users = ["idem on >secret ~* &* +@all -info"] })
    var configuration = server.configuration
    (configuration.username, configuration.password) = ("idem", "secret")
    let error = await verdict(configuration)
    #expect(error?.code == .infoRefused)
    #expect(error?.message.contains("`+info`") == true)
    await server.stop()
  }

  @Test("A Redis that is too old is refused at start")
  func old() async throws {
    try await withServer(saying: "redis_version:6.2.14\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n") { server in
      let error = await verdict(server)
      #expect(error?.code == .unsupportedVersion)
      #expect(error?.message.contains("6.2.14") == true)
    }
  }

  @Test("X8: a server whose INFO names no replication history is refused at start, and the log says why")
  func nameless() async throws {
    let info =
      "redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\nrole:master\r\nloading:0\r\nrun_id:a\r\n"
      + "master_replid:\r\n"
    try await withServer(saying: info) { server in
      let error = await verdict(server)
      #expect(error?.code == .infoRefused)
      #expect(error?.message.contains("has no master_replid in INFO") == true)
      let log = LogLines()
      let store = RedisFixture.makeStore(server, logger: log.logger)
      await #expect(throws: RedisStoreError.self) { try await store.waitUntilReady() }
      await store.shutdown()
      #expect(log.lines.contains { $0.contains("Redis cannot be used") && $0.contains("has no master_replid in INFO") })
    }
  }

  /// Runs `body` with a server that says this of itself.
  private func withServer(saying info: String, _ body: (RedisConfiguration) async throws -> Void) async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(OneAnswer(info)) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(server.localAddress?.port)
    try await body(RedisConfiguration(address: .tcp(host: "127.0.0.1", port: port)))
    try await server.close()
  }

  @Test("A Redis that becomes unfit refuses every operation with the same advice, until it is put right")
  func later() async throws {
    try await RedisFixture.with { fixture in
      try await fixture.server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
      try await fixture.server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
      for operation in [StoreOperation.read, Specimen.reserve(Specimen.record())] {
        try await until(fixture.store, operation) { failure in
          failure?.kind == .notSent && failure?.message.contains("noeviction") == true
        }
      }
      #expect(!fixture.store.isReady)
      try await fixture.server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
      try await until(fixture.store, Specimen.reserve(Specimen.record())) { $0 == nil }
    }
  }

  func until(
    _ store: RedisIdempotencyStore, _ operation: StoreOperation, _ holds: (StoreFailure?) -> Bool
  ) async throws {
    var last: StoreFailure?
    for _ in 0..<1000 {
      last = await store.failure(operation, for: Specimen.key())
      if holds(last) { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw ServerStateError(message: "last failure: \(last?.message ?? "none")")
  }
}

/// A server that greets, and gives one bulk string to whatever else it is asked.
private final class OneAnswer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let text: String

  init(_ text: String) { self.text = text }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let isPing = String(buffer: unwrapInboundIn(data)).contains("PING")
    let reply = ByteBuffer(string: isPing ? "+PONG\r\n" : "$\(text.utf8.count)\r\n\(text)\r\n")
    context.writeAndFlush(NIOAny(reply), promise: nil)
  }
}

import HiredisNIO
import IdempotencyTesting
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite(
  "A connection that is lost comes back, and the error says what may have happened",
  .timeLimit(.minutes(1)))
struct FaultTests {
  @Test func aServerThatIsKilledAndStartedAgain() async throws {
    try await withServer { server in
      try await withClient(server.configuration) { client in
        try await client.send("SET", "k", "v")
        await server.kill()
        // Soon every command fails at once, as never sent.
        var error: RedisError?
        while error?.code != .notConnected { error = await client.sendOnLoop("GET", "k").error }
        #expect(error?.outcome == .neverSent)
        #expect(error?.message.contains("refused") == true, "\(String(describing: error))")
        try await server.restart()
        #expect(try await client.sendWhenConnected("EXISTS", "k") == .integer(0))
      }
    }
  }

  @Test func aServerWithALogRemembers() async throws {
    var options = RedisServer.Options()
    options.appendOnly = true
    try await withServer(options) { server in
      try await server.command("SET", "k", "v")
      await server.kill()
      try await server.restart()
      try await withClient(server.configuration) { client async throws in
        #expect(try await client.send("GET", "k").string == "v")
      }
    }
  }

  @Test func aLostReplyLeavesTheEffect() async throws {
    try await Self.withProxy { server, proxy, configuration in
      try await withClient(configuration) { client in
        try await client.send("PING")
        await proxy.swallowNextReplyThenCut()
        let error = await client.sendOnLoop("INCR", "n").error
        #expect(error?.outcome == .unknown)
        #expect(error?.code == .connectionClosed)
        #expect(try await server.command("GET", "n").string == "1")
        #expect(try await client.sendWhenConnected("GET", "n").string == "1")
      }
    }
  }

  @Test func aCommandThatIsCutInTheMiddleIsUnknownThoughItHadNoEffect() async throws {
    try await Self.withProxy { server, proxy, configuration in
      try await withClient(configuration) { client in
        try await client.send("PING")
        await proxy.cut(afterBytes: 10, .clientToServer)
        #expect(await client.sendOnLoop("INCR", "n").error?.outcome == .unknown)
        #expect(try await server.command("EXISTS", "n") == .integer(0))
        await proxy.connectionsEnded(atLeast: 1)
      }
    }
  }

  @Test func nobodyListens() async throws {
    try await Self.withProxy { _, proxy, configuration in
      await proxy.refuseConnections()
      try await withClient(configuration) { client in
        let error = await client.sendOnLoop("INCR", "n").error
        #expect(error?.outcome == .neverSent)
        #expect(error?.code == .notConnected)
        try await proxy.acceptConnections()
        #expect(try await client.sendWhenConnected("INCR", "n") == .integer(1))
        // Cut while idle: the next command waits for the new connection instead of failing.
        await proxy.cut()
        await proxy.connections(atLeast: 2)
        #expect(try await client.sendWhenConnected("INCR", "n") == .integer(2))
      }
    }
  }

  @Test func aDelayedReplyArrivesAndALostRequestDoesNot() async throws {
    try await Self.withProxy { server, proxy, configuration in
      try await withClient(configuration) { client async throws in
        await proxy.delay(.serverToClient, by: .milliseconds(20))
        #expect(try await client.send("INCR", "n") == .integer(1))
        await proxy.delay(.serverToClient, by: .zero)
        let seen = await proxy.bytesSeen(.clientToServer)
        await proxy.drop(.clientToServer)
        #expect(
          await client.sendOnLoop(timeout: .milliseconds(50), "INCR", "n").error?.outcome
            == .unknown)
        // On a busy machine the deadline can pass before the bytes have come as far as the proxy.
        await proxy.bytesSeen(.clientToServer, atLeast: seen + 20)
        await proxy.drop(.clientToServer, false)
        #expect(try await client.sendWhenConnected("GET", "n").string == "1")
      }
    }
  }

  @Test func aStalledRequestTakesEffectLater() async throws {
    try await Self.withProxy { server, proxy, configuration in
      try await withClient(configuration) { client in
        try await client.send("PING")
        let seen = await proxy.bytesSeen(.clientToServer)
        await proxy.stall(.clientToServer)
        async let result = client.sendOnLoop(timeout: .seconds(20), "INCR", "n")
        await proxy.bytesSeen(.clientToServer, atLeast: seen + 20)
        #expect(try await server.command("EXISTS", "n") == .integer(0))
        await proxy.resume(.clientToServer)
        #expect(try await result.get() == .integer(1))
      }
    }
  }

  @Test func whatIsSentAgainFromTheCallbackWaitsForTheNewConnection() async throws {
    try await Self.withProxy { server, proxy, configuration in
      try await withClient(configuration) { client in
        try await client.send("PING")
        await proxy.swallowNextReplyThenCut()
        let connection = client.anyConnection()
        let results = Recorder<Result<RESPValue, RedisError>>()
        try await connection.eventLoop.submit {
          connection.send(timeout: .seconds(20), Self.increment) { first in
            results.record(first)
            connection.send(timeout: .seconds(20), Self.increment) { results.record($0) }
          }
        }.get()
        #expect(await results.next()?.error?.outcome == .unknown)
        #expect(try await results.next()?.get() == .integer(2))
      }
    }
  }

  @Test func aServerThatIsNoLongerThePrimaryIsLeftForTheOneThatIs() async throws {
    try await withServer { primary in
      let replica = try await ScriptedServer.start([
        "-READONLY You can't write against a read only replica.\r\n"
      ])
      let topology = Failover(addresses: [
        .tcp(host: "127.0.0.1", port: replica.port), primary.configuration.address,
      ])
      let client = RedisClient(
        configuration: primary.configuration,
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton.next(),
        topology: topology)
      let error = await client.sendOnLoop(timeout: .seconds(20), "INCR", "n").error
      #expect(error?.outcome == .refused)
      #expect(error?.serverError?.code == "READONLY")
      #expect(try await client.sendWhenConnected("INCR", "n") == .integer(1))
      await client.shutdown()
      await replica.stop()
    }
  }

  /// Knows the primary only after a server said that it is none.
  final class Failover: RedisTopology {
    private let addresses: [RedisConfiguration.Address]
    private let isOver = Atomic(false)

    init(addresses: [RedisConfiguration.Address]) {
      self.addresses = addresses
    }

    func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<RedisConfiguration.Address> {
      eventLoop.makeSucceededFuture(addresses[isOver.load(ordering: .relaxed) ? 1 : 0])
    }

    func reconnects(after error: RedisServerError) -> Bool {
      guard error.code == "READONLY" else { return false }
      isOver.store(true, ordering: .relaxed)
      return true
    }
  }

  static func increment(_ writer: inout RESPCommandWriter) {
    writer.begin("INCR", argumentCount: 1)
    writer.bulk("n")
  }

  @Test func largeValuesThroughAProxyArriveWhole() async throws {
    try await Self.withProxy { _, _, configuration in
      var configuration = configuration
      configuration.commandTimeout = .seconds(20)
      try await withClient(configuration) { client in
        let value = ByteBuffer(bytes: (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        for number in 0..<3 {
          _ = try await client.send { writer in
            writer.begin("SET", argumentCount: 2)
            writer.bulk(number)
            writer.bulk(value)
          }
          #expect(try await client.send("GET", "\(number)").bytes == value)
        }
      }
    }
  }

  static func withProxy(
    _ body: (RedisServer, FaultProxy, RedisConfiguration) async throws -> Void
  ) async throws {
    try await withServer { server in
      let proxy = try await FaultProxy.start(port: server.port)
      var configuration = server.configuration
      configuration.address = .tcp(host: proxy.host, port: proxy.port)
      try await body(server, proxy, configuration)
      await proxy.stop()
    }
  }
}

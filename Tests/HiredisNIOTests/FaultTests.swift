import HiredisNIO
import IdempotencyTesting
import NIOCore
import Testing

@Suite("A connection that is lost comes back, and the error says what may have happened", .timeLimit(.minutes(1)))
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
        await proxy.drop(.clientToServer)
        #expect(await client.sendOnLoop(timeout: .milliseconds(50), "INCR", "n").error?.outcome == .unknown)
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

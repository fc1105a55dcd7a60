import HiredisNIO
import IdempotencyTesting
import NIOCore
import NIOSSL
import Testing

@Suite("A connection says who it is before anybody uses it", .timeLimit(.minutes(1)))
struct ConnectingTests {
  @Test func passwordDatabaseAndClientName() async throws {
    var options = RedisServer.Options()
    options.password = "s3cret"
    try await withServer(options) { server in
      var configuration = server.configuration
      configuration.database = 3
      configuration.clientName = "tests"
      try await withClient(configuration) { client in
        let info = try #require(try await client.send("CLIENT", "INFO").string)
        #expect(info.contains(" db=3 "))
        #expect(info.contains(" name=tests "))
        #expect(info.contains(" user=default "))
      }
    }
  }

  @Test func aUserOfTheACLWithoutTheRightToSetANameWorksToo() async throws {
    var options = RedisServer.Options()
    options.users = ["alice on >pass:word ~* &* +get +ping"]
    try await withServer(options) { server in
      let url = "redis://alice:pass%3Aword@127.0.0.1:\(server.port)"
      var configuration = try RedisConfiguration(url: url)
      configuration.clientName = "alice"
      try await withClient(configuration) { client async throws in
        #expect(try await client.send("GET", "nothing") == .null)
        let error = await client.sendOnLoop("SET", "k", "v").error
        #expect(error?.outcome == .refused)
        #expect(error?.serverError?.code == "NOPERM")
      }
    }
  }

  @Test(
    "a wrong password, or none where one is needed, is why there is no connection",
    arguments: ["wrong", nil])
  func authenticationFails(password: String?) async throws {
    var options = RedisServer.Options()
    options.password = "right"
    try await withServer(options) { server in
      var configuration = server.configuration
      configuration.password = password
      try await withClient(configuration) { client in
        let sent = await client.sendOnLoop(timeout: .seconds(20), "GET", "k").error
        #expect(sent?.outcome == .neverSent)
        #expect((sent?.underlying as? RedisError)?.code == .authenticationFailed)
        #expect(sent?.message.contains("wrong") == false)
        let error = await #expect(throws: RedisError.self) {
          try await client.waitUntilConnected(timeout: .milliseconds(1))
        }
        #expect(error?.code == .authenticationFailed)
      }
    }
  }

  @Test func overAUnixSocket() async throws {
    var options = RedisServer.Options()
    options.listensOnTCP = false
    options.listensOnUnixSocket = true
    try await withServer(options) { server in
      try await withClient(RedisConfiguration(url: "unix:\(server.unixSocketPath)?db=1")) {
        client async throws in
        #expect(try await client.send("PING") == .simpleString("PONG"))
      }
    }
  }

  @Test func overIPv6() async throws {
    var options = RedisServer.Options()
    options.bindsIPv6 = true
    try await withServer(options) { server in
      try await withClient(RedisConfiguration(url: "redis://[::1]:\(server.port)")) {
        client async throws in
        let reason = await Self.reasonForNoConnection(client) ?? ""
        // EADDRNOTAVAIL or EAFNOSUPPORT: this machine has no ::1.
        if reason.contains("errno: 99") || reason.contains("errno: 97") { return }
        #expect(try await client.send("PING") == .simpleString("PONG"))
      }
    }
  }

  @Test func overTLSWithACertificateThatIsTrusted() async throws {
    var options = RedisServer.Options()
    options.usesTLS = true
    try await withServer(options) { server in
      try await withClient(server.configuration) { client in
        let large = String(repeating: "x", count: 300_000)
        try await client.send("SET", "k", large)
        #expect(try await client.send("GET", "k").string == large)
      }
      var byName = server.configuration
      byName.address = .tcp(host: "localhost", port: server.port)
      try await withClient(byName) { client async throws in
        #expect(try await client.send("PING") == .simpleString("PONG"))
      }
    }
  }

  @Test func overTLSWithACertificateOfNobodyKnown() async throws {
    var options = RedisServer.Options()
    options.usesTLS = true
    try await withServer(options) { server in
      var configuration = server.configuration
      configuration.tls = .makeClientConfiguration()
      try await withClient(configuration) { client in
        let error = await client.sendOnLoop(timeout: .seconds(20), "GET", "k").error
        #expect(error?.outcome == .neverSent)
        #expect(
          error?.message.lowercased().contains("certificate") == true,
          "\(String(describing: error))")
      }
    }
  }

  @Test func theHookGoesAheadOfAllOthersOnEveryConnection() async throws {
    try await withServer { server in
      let generations = Recorder<UInt64>()
      let prepare: @Sendable (RedisSession) -> EventLoopFuture<Void> = { session in
        generations.record(session.generation)
        return session.send("INFO", "server").flatMap { _ in
          session.send("RPUSH", "order", "hook \(session.generation)")
        }.map { _ in }
      }
      try await withClient(server.configuration, prepare: prepare) { client in
        // Queued before the connection is even opened.
        #expect(try await client.send("RPUSH", "order", "command") == .integer(2))
        #expect(await generations.next() == 1)
        try await server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        #expect(
          try await client.sendWhenConnected("LRANGE", "order", "0", "-1").array?.map(\.string)
            == ["hook 1", "command", "hook 2"])
        #expect(await generations.next() == 2)
      }
    }
  }

  @Test func aHookThatFailsIsWhyThereIsNoConnection() async throws {
    try await withServer { server in
      let prepare: @Sendable (RedisSession) -> EventLoopFuture<Void> = { session in
        if session.generation > 2 { return session.eventLoop.makeSucceededVoidFuture() }
        return session.send("INFO").flatMapThrowing { _ in throw HookFailure() }
      }
      try await withClient(server.configuration, prepare: prepare) { client async throws in
        let error = await client.sendOnLoop("SET", "k", "v").error
        #expect(error?.outcome == .neverSent)
        #expect(error?.message.contains("HookFailure") == true)
        #expect((error?.underlying as? RedisError)?.code == .preparationFailed)
        // The third connection is prepared.
        #expect(try await client.sendWhenConnected("EXISTS", "k") == .integer(0))
      }
    }
  }

  static func reasonForNoConnection(_ client: RedisClient) async -> String? {
    do {
      try await client.waitUntilConnected()
      return nil
    } catch {
      return error.message
    }
  }

  struct HookFailure: Error {}
}

import HiredisNIO
import IdempotencyTesting
import NIOCore
import NIOPosix
import Testing

@Suite("A client ends without losing what is under way", .timeLimit(.minutes(1)))
struct LifecycleTests {
  @Test func shuttingDownWaitsForRepliesAndTakesNothingNew() async throws {
    var options = RedisServer.Options()
    options.extraArguments = ["--enable-debug-command", "local"]
    try await withServer(options) { server in
      let client = RedisClient(
        configuration: server.configuration,
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton.next())
      try await client.send("PING")
      let slow = Recorder<Result<RESPValue, RedisError>>()
      let connection = client.anyConnection()
      try await connection.eventLoop.submit {
        connection.send(timeout: .seconds(20)) { writer in
          writer.begin("DEBUG", argumentCount: 2)
          writer.bulk("SLEEP")
          writer.bulk("0.2")
        } then: {
          slow.record($0)
        }
      }.get()
      await client.shutdown()
      #expect(try await slow.next()?.get() == .simpleString("OK"))
      let error = await client.sendOnLoop("PING").error
      #expect(error?.outcome == .neverSent)
      #expect(error?.code == .shutDown)
      // The number of clients that the server sees: only the one that asks.
      #expect(try await server.command("CLIENT", "LIST").string?.contains("cmd=debug") == false)
    }
  }

  @Test func aServiceRunsUntilItIsCancelled() async throws {
    try await withServer { server in
      let client = RedisClient(
        configuration: server.configuration,
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton.next())
      let service = Task { try await client.run() }
      try await client.waitUntilConnected()
      service.cancel()
      try await service.value
      #expect(await client.sendOnLoop("PING").error?.code == .shutDown)
      let error = await #expect(throws: RedisError.self) { try await client.waitUntilConnected() }
      #expect(error?.code == .shutDown)
    }
  }

  @Test func shuttingDownWithoutAServerDoesNotWait() async throws {
    let client = RedisClient(
      configuration: RedisConfiguration(address: .tcp(host: "127.0.0.1", port: 1)))
    #expect(await client.sendOnLoop(timeout: .seconds(20), "PING").error?.code == .notConnected)
    await client.shutdown()
  }

  @Test func aClientThatIsDroppedClosesItsConnections() async throws {
    try await withServer { server in
      do {
        let client = RedisClient(
          configuration: server.configuration,
          eventLoopGroup: MultiThreadedEventLoopGroup.singleton.next())
        try await client.send("CLIENT", "SETNAME", "dropped")
      }
      while try await server.command("CLIENT", "LIST").string?.contains("name=dropped") == true {
        await Task.yield()
      }
    }
  }

  @Test func aServerWithoutAProgramSaysWhatToInstall() async throws {
    var options = RedisServer.Options()
    options.extraArguments = ["--no-such-option", "1"]
    let error = await #expect(throws: ServerProcessError.self) {
      try await RedisServer.start(options)
    }
    #expect(error?.message.contains("no-such-option") == true)
  }
}

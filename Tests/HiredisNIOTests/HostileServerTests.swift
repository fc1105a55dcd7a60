import HiredisNIO
import NIOCore
import Testing

@Suite("A server that is none gets nobody a wrong answer", .timeLimit(.minutes(1)))
struct HostileServerTests {
  @Test(
    "what is not RESP2 closes the connection and fails what was sent",
    arguments: [
      "HTTP/1.1 400 Bad Request\r\n\r\n", "$-5\r\n", "*2147483647\r\n", "$99999999999\r\n",
      ":x\r\n",
    ])
  func garbage(answer: String) async throws {
    let server = try await ScriptedServer.start([answer])
    let lost = Recorder<RedisDisconnect>()
    try await withClient(Self.configuration(server), onDisconnect: { lost.record($0) }) { client in
      let error = await client.sendOnLoop("GET", "k").error
      #expect(error?.outcome == .unknown)
      #expect(error?.code == .protocolViolation)
      #expect(await lost.next()?.error.code == .protocolViolation)
    }
    await server.stop()
  }

  @Test func aReplyToNoCommandClosesTheConnectionAndReachesNobody() async throws {
    let server = try await ScriptedServer.start(["+first\r\n+extra\r\n", "+never\r\n"])
    let lost = Recorder<RedisDisconnect>()
    try await withClient(Self.configuration(server), onDisconnect: { lost.record($0) }) {
      client async throws in
      #expect(try await client.send("GET", "a") == .simpleString("first"))
      let disconnect = await lost.next()
      #expect(disconnect?.error.code == .protocolViolation)
      #expect(disconnect?.generation == 1)
      // The next connection starts afresh.
      #expect(try await client.sendWhenConnected("GET", "b") == .simpleString("first"))
    }
    await server.stop()
  }

  @Test func anErrorOutOfTheBlueIsQuoted() async throws {
    let server = try await ScriptedServer.start(["+first\r\n-ERR max number of clients reached\r\n"]
    )
    let lost = Recorder<RedisDisconnect>()
    try await withClient(Self.configuration(server), onDisconnect: { lost.record($0) }) { client in
      _ = try await client.send("GET", "a")
      #expect(await lost.next()?.error.message.contains("max number of clients reached") == true)
    }
    await server.stop()
  }

  @Test func aServerThatHangsUpLeavesTheOutcomeUnknown() async throws {
    let server = try await ScriptedServer.start(["$10\r\nhalf"], closes: true)
    try await withClient(Self.configuration(server)) { client in
      let error = await client.sendOnLoop("GET", "k").error
      #expect(error?.outcome == .unknown)
      #expect(error?.code == .connectionClosed)
    }
    await server.stop()
  }

  @Test func errorRepliesWithOddBytesAreRefusals() async throws {
    let server = try await ScriptedServer.start(["-ODD a\rb\nc\r\n", "-\r\n"])
    try await withClient(Self.configuration(server)) { client in
      let error = await client.sendOnLoop("GET", "k").error
      #expect(error?.outcome == .refused)
      #expect(error?.serverError == RedisServerError(code: "ODD", message: "a\rb\nc"))
      #expect(
        await client.sendOnLoop("GET", "k").error?.serverError
          == RedisServerError(code: "", message: ""))
    }
    await server.stop()
  }

  @Test func aReplyBeyondTheLimitClosesTheConnection() async throws {
    let server = try await ScriptedServer.start(["$5000\r\n"])
    var configuration = Self.configuration(server)
    configuration.limits = RESPLimits(maximumReplyBytes: 4096)
    try await withClient(configuration) { client in
      let error = await client.sendOnLoop("GET", "k").error
      #expect(error?.code == .protocolViolation)
      #expect(error?.message.contains("larger than 4096 bytes") == true)
    }
    await server.stop()
  }

  @Test func aServerThatIsLoadingTakesNoCommandsYet() async throws {
    let server = try await ScriptedServer.start(
      [], greeting: "-LOADING Redis is loading the dataset in memory\r\n")
    try await withClient(Self.configuration(server)) { client in
      let error = await client.sendOnLoop("GET", "k").error
      #expect(error?.outcome == .neverSent)
      #expect(error?.serverError?.code == "LOADING")
    }
    await server.stop()
  }

  @Test func aServerThatRefusesThePingIsThereAllTheSame() async throws {
    let server = try await ScriptedServer.start(
      ["+first\r\n"], greeting: "-NOPERM no permissions\r\n")
    try await withClient(Self.configuration(server)) { client async throws in
      #expect(try await client.send("GET", "a") == .simpleString("first"))
    }
    await server.stop()
  }

  @Test(
    "a greeting that is not PONG ends the connection before anybody's command is sent, whatever comes behind it",
    arguments: [
      "+OK\r\n", ":1\r\n", "$2\r\nOK\r\n", "*0\r\n", "$-1\r\n", "+pong\r\n", "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
      "+OK\r\n+PONG\r\n", "-ERR max number of clients reached\r\n", "-DENIED Redis is running in protected mode\r\n",
    ])
  func greeting(_ greeting: String) async throws {
    let server = try await ScriptedServer.start(["+another's\r\n"], greeting: greeting)
    try await withClient(Self.configuration(server)) { client in
      let error = await client.sendOnLoop("GET", "k").error
      #expect(error?.outcome == .neverSent)
      let isRefusal = greeting.hasPrefix("-")
      #expect((error?.underlying as? RedisError)?.code == (isRefusal ? .serverError : .protocolViolation))
    }
    await server.stop()
  }

  @Test(
    "AUTH, SELECT and SETNAME are answered OK, or the connection ends",
    arguments: [
      ("+QUEUED\r\n+OK\r\n+OK\r\n+PONG\r\n", false), ("+OK\r\n:1\r\n+OK\r\n+PONG\r\n", false),
      ("+OK\r\n+OK\r\n+PONG\r\n+PONG\r\n", false), ("+OK\r\n+OK\r\n+OK\r\n+OK\r\n+PONG\r\n", false),
      ("+OK\r\n+OK\r\n-NOPERM no\r\n+PONG\r\n", true), ("+OK\r\n+OK\r\n+OK\r\n$4\r\nPONG\r\n", true),
    ])
  func introduction(_ greeting: String, _ isGood: Bool) async throws {
    // The four commands may arrive one by one: all answers are sent for the first, and no more until GET.
    let server = try await ScriptedServer.start([], greeting: greeting)
    var configuration = Self.configuration(server)
    configuration.password = "secret"
    configuration.database = 1
    configuration.clientName = "tests"
    try await withClient(configuration) { client in
      if isGood { return try await client.waitUntilConnected() }
      let error = await #expect(throws: RedisError.self) { try await client.waitUntilConnected(timeout: .seconds(1)) }
      #expect(error?.code == .protocolViolation)
    }
    await server.stop()
  }

  @Test func aReplyBehindTheGreetingReachesNobody() async throws {
    let server = try await ScriptedServer.start(["+first\r\n"], greeting: "+PONG\r\n+stray\r\n")
    try await withClient(Self.configuration(server)) { client in
      for _ in 0..<5 {
        // It waits while the connection is made: behind the greeting it would be the first to get a reply.
        let error = await client.sendOnLoop("GET", "k").error
        #expect(error?.outcome == .neverSent)
      }
    }
    await server.stop()
  }

  @Test func aReplyThatTheHookDidNotAskForReachesNobody() async throws {
    let server = try await ScriptedServer.start(["+stray\r\n$4\r\ninfo\r\n", "+PONG\r\n", "+first\r\n"])
    let prepare: @Sendable (RedisSession) -> EventLoopFuture<Void> = { $0.send("INFO").map { _ in } }
    try await withClient(Self.configuration(server), prepare: prepare) { client in
      let error = await client.sendOnLoop("GET", "k").error
      #expect(error?.outcome == .neverSent)
      #expect((error?.underlying as? RedisError)?.code == .protocolViolation)
    }
    await server.stop()
  }

  @Test func aReplyBehindTheLastOneWhileDrainingReachesNobody() async throws {
    let server = try await ScriptedServer.start(["+first\r\n+extra\r\n"])
    try await withClient(Self.configuration(server)) { client async throws in
      try await client.waitUntilConnected()
      async let reply = client.send("GET", "a")
      async let shutdown: Void = client.shutdown()
      _ = await shutdown
      // Sent before the shutdown or refused by it, and never another's.
      if let reply = try? await reply { #expect(reply == .simpleString("first")) }
    }
    await server.stop()
  }

  @Test func aServerThatAlwaysSaysSomethingUnaskedIsCalledWithPauses() async throws {
    let server = try await ScriptedServer.start([], greeting: "+PONG\r\n+stray\r\n")
    let lost = Recorder<RedisDisconnect>()
    let begin = NIODeadline.now()
    try await withClient(Self.configuration(server), onDisconnect: { lost.record($0) }) { client in
      _ = await client.sendOnLoop("GET", "k")
      for _ in 0..<7 { _ = await lost.next() }
    }
    // 20, 40, 80, 160 and 320 ms, half of each at least.
    #expect(NIODeadline.now() - begin >= .milliseconds(250))
    await server.stop()
  }

  static func configuration(_ server: ScriptedServer) -> RedisConfiguration {
    var configuration = RedisConfiguration(address: .tcp(host: "127.0.0.1", port: server.port))
    // A machine that runs other tests at the same time may be slow; what is awaited here is never a deadline.
    configuration.commandTimeout = .seconds(20)
    configuration.connectTimeout = .seconds(20)
    return configuration
  }
}

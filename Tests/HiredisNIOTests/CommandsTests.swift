import HiredisNIO
import IdempotencyTesting
import NIOCore
import NIOPosix
import Testing

@Suite("Every caller gets the reply to its own command", .timeLimit(.minutes(1)))
struct CommandsTests {
  static let addition = RedisScript(
    name: "add",
    source: "return {KEYS[1], tonumber(ARGV[1]) + tonumber(ARGV[2]), redis.status_reply('FINE')}")

  @Test func repliesOfEveryKind() async throws {
    try await withServer { server in
      try await withClient(server.configuration) { client in
        #expect(try await client.send("SET", "k", "value") == .simpleString("OK"))
        #expect(try await client.send("GET", "k") == .bulkString(ByteBuffer(string: "value")))
        #expect(try await client.send("GET", "nothing").isNull)
        #expect(try await client.send("INCR", "n").integer == 1)
        let both = try await client.send("MGET", "k", "nothing")
        #expect(both.array == [.bulkString(ByteBuffer(string: "value")), .null])
        _ = try await client.send("MULTI")
        #expect(try await client.send("LPOP", "k") == .simpleString("QUEUED"))
        guard case .array(let replies) = try await client.send("EXEC"),
          case .error(let error)? = replies.first
        else {
          Issue.record("an error inside an array is a value")
          return
        }
        #expect(error.code == "WRONGTYPE")
        let refusal = await client.sendOnLoop("LPOP", "k").error
        #expect(refusal?.outcome == .refused)
        #expect(refusal?.code == .serverError)
        #expect(refusal?.serverError?.code == "WRONGTYPE")
      }
    }
  }

  @Test func tenThousandMixedCommandsAtOnceOnSeveralLoops() async throws {
    try await withServer { server in
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
      var configuration = server.configuration
      configuration.commandTimeout = .seconds(30)
      configuration.connectionsPerEventLoop = 2
      let client = RedisClient(configuration: configuration, eventLoopGroup: group)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for number in 0..<10_000 {
          tasks.addTask { try await Self.one(number, client) }
        }
        try await tasks.waitForAll()
      }
      await client.shutdown()
      try await group.shutdownGracefully()
    }
  }

  private static func one(_ number: Int, _ client: RedisClient) async throws {
    switch number % 5 {
    case 0:
      #expect(try await client.send("ECHO", "\(number)").string == "\(number)")
    case 1:
      let large = String(repeating: "\(number) ", count: 200)
      #expect(try await client.send("ECHO", large).string == large)
    case 2:
      let reply = try await client.evaluate(addition, key: "key \(number)", argumentCount: 2) {
        writer in
        writer.bulk(number)
        writer.bulk(1)
      }
      #expect(reply.array?[0].string == "key \(number)")
      #expect(reply.array?[1].integer == Int64(number) + 1)
    case 3:
      let error = await #expect(throws: RedisError.self) {
        try await client.send("NONSENSE\(number)")
      }
      #expect(error?.message.contains("NONSENSE\(number)") == true)
    default:
      #expect(
        try await client.sendOnLoop("ECHO", "loop \(number)").get().string == "loop \(number)")
    }
  }

  @Test func aScriptThatTheServerForgotIsSentWhole() async throws {
    try await withServer { server in
      try await withClient(server.configuration) { client in
        for round in 0..<3 {
          let replies = try await withThrowingTaskGroup(of: Int64?.self) { tasks in
            for number in 0..<20 {
              tasks.addTask {
                try await client.evaluate(Self.addition, key: "k", argumentCount: 2) { writer in
                  writer.bulk(number)
                  writer.bulk(1000)
                }.array?[1].integer
              }
            }
            return try await tasks.reduce(into: Set()) { $0.insert($1) }
          }
          #expect(replies == Set((0..<20).map { $0 + 1000 }), "round \(round)")
          #expect(
            try await server.command("SCRIPT", "EXISTS", Self.addition.sha1)
              == .array([.integer(1)]))
          try await server.command("SCRIPT", "FLUSH")
        }
      }
    }
  }

  @Test func aScriptOnTheEventLoopTakesAnyKindOfKey() async throws {
    try await withServer { server in
      try await withClient(server.configuration) { client in
        let connection = client.anyConnection()
        let reply: Result<RESPValue, RedisError> = await connection.onLoop { tell in
          connection.evaluate(
            Self.addition, key: ByteBuffer(string: "buffer"), argumentCount: 2,
            arguments: { writer in
              writer.bulk(2)
              writer.bulk(3)
            },
            then: { tell($0) })
        }
        let array = try reply.get().array
        #expect(array?[0].string == "buffer")
        #expect(array?[1].integer == 5)
      }
    }
  }

  @Test func aScriptThatFailsIsRefusedAndNotSentAgain() async throws {
    try await withServer { server in
      try await withClient(server.configuration) { client async throws in
        let script = RedisScript(name: "fails", source: "redis.call('INCR', KEYS[1]) error('no')")
        let error = await #expect(throws: RedisError.self) {
          try await client.evaluate(script, key: "n", argumentCount: 0) { _ in }
        }
        #expect(error?.outcome == .refused)
        #expect(try await client.send("GET", "n").string == "1")
      }
    }
  }

  @Test func theDigestIsRedisOwn() async throws {
    try await withServer { server async throws in
      #expect(
        try await server.command("SCRIPT", "LOAD", Self.addition.source).string
          == Self.addition.sha1)
    }
  }

  @Test func commandsFromACallbackGoOutToo() async throws {
    try await withServer { server in
      try await withClient(server.configuration) { client async throws in
        let connection = client.anyConnection()
        let reply: Result<RESPValue, RedisError> = await connection.onLoop { tell in
          connection.send({ $0.begin("PING", argumentCount: 0) }) { _ in
            connection.send({
              $0.begin("ECHO", argumentCount: 1)
              $0.bulk("again")
            }) { tell($0) }
          }
        }
        #expect(try reply.get().string == "again")
      }
    }
  }
}

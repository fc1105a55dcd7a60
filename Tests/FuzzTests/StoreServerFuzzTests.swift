import IdempotencyTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import HiredisNIO
@testable import Idempotency
@testable import IdempotencyRedis

@Suite(
  "A whole store on a server that says anything: no crash, and every call comes to an end", .serialized,
  .timeLimit(.minutes(2)))
struct StoreServerFuzzTests {
  /// What a server that is fit says to the commands with which a connection begins; nil to any other.
  static func proper(_ words: [String]) -> String? {
    switch words.first {
    case "PING": "+PONG\r\n"
    case "INFO":
      bulk(
        "redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\nrole:master\r\nloading:0\r\nrun_id:r\r\n"
          + "master_replid:h\r\n")
    case "TIME": "*2\r\n" + bulk("1700000000") + bulk("0")
    default: nil
    }
  }

  static func bulk(_ text: String) -> String { "$\(text.utf8.count)\r\n\(text)\r\n" }

  static func store(_ server: BabblingServer) -> RedisIdempotencyStore {
    var configuration = RedisStoreConfiguration(
      redis: RedisConfiguration(address: .tcp(host: "127.0.0.1", port: server.port)))
    configuration.settle = .zero
    configuration.redis.commandTimeout = .milliseconds(200)
    return RedisIdempotencyStore(
      configuration: configuration, eventLoopGroup: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  @Test("A server that greets properly and then answers anything", arguments: 1...12 as ClosedRange<UInt64>)
  func operations(seed: UInt64) async throws {
    let random = NIOLockedValueBox(SeededRandom(seed: seed))
    let server = try await BabblingServer.start { words in
      if let proper = Self.proper(words) { return Array(proper.utf8) }
      return random.withLockedValue { random in
        let value = random.chance(80) ? random.storeReply() : random.reply(depth: 3).value
        return Self.bytes(value)
      }
    }
    let store = Self.store(server)
    try await store.waitUntilReady(timeout: .seconds(20))
    var (replies, failures) = (0, 0)
    for _ in 0..<60 {
      let operation = random.withLockedValue { $0.operation() }
      do {
        _ = try await store.perform(operation, for: SeededRandom.key)
        replies += 1
      } catch { failures += 1 }
    }
    // A server whose answers are no RESP at all may give none, and be called again with pauses.
    #expect(replies + failures == 60)
    #expect(failures > 0)
    // Decided: claimed, or an error that says what is wrong.
    for _ in 0..<5 {
      do {
        try await store.claim([KeyspaceDerivation(keyspace: "fuzz", digest: "d")])
      } catch {
        #expect(!error.message.isEmpty)
      }
    }
    await store.shutdown()
    await server.stop()
  }

  @Test("A server that answers anything from the first byte", arguments: 1...12 as ClosedRange<UInt64>)
  func greeting(seed: UInt64) async throws {
    let random = NIOLockedValueBox(SeededRandom(seed: seed))
    let server = try await BabblingServer.start { words in
      random.withLockedValue { random in
        if let proper = Self.proper(words), random.chance(70) {
          return random.chance(70) ? Array(proper.utf8) : random.mutated(Array(proper.utf8))
        }
        if words.first == "TIME", random.chance(70) {
          return Array(("*2\r\n" + Self.bulk(random.digits()) + Self.bulk(random.digits())).utf8)
        }
        return Self.bytes(random.storeReply())
      }
    }
    let store = Self.store(server)
    for _ in 0..<4 {
      try? await store.waitUntilReady(timeout: .milliseconds(100))
      _ = try? await store.perform(.read, for: SeededRandom.key)
      _ = try? await store.perform(random.withLockedValue { $0.operation() }, for: SeededRandom.key)
    }
    await store.shutdown()
    await server.stop()
  }

  /// A value as a server sends it.
  private static func bytes(_ value: RESPValue) -> [UInt8] {
    switch value {
    case .null: Array("$-1\r\n".utf8)
    case .simpleString(let text): Array("+\(text)\r\n".utf8)
    case .error(let error): Array("-\(error)\r\n".utf8)
    case .integer(let number): Array(":\(number)\r\n".utf8)
    case .bulkString(let bytes):
      Array("$\(bytes.readableBytes)\r\n".utf8) + bytes.readableBytesView + Array("\r\n".utf8)
    case .array(let elements): Array("*\(elements.count)\r\n".utf8) + elements.flatMap(bytes)
    }
  }
}

import HiredisNIO
import Idempotency
import IdempotencyTesting
import NIOCore
import Testing

@testable import IdempotencyRedis

/// The pattern by which the scripts know a head, in the interpreter that runs it.
@Suite(.sharedRedis) struct HeadPatternTests {
  @Test("X14: all scripts know a head by one pattern, and Redis' Lua takes for one what Swift does, byte by byte")
  func everyByte() async throws {
    let patterns = Set(
      ScriptContractTests.scripts.values.map { script in
        script.source.firstMatch(of: /(?s)local function valid\(head\).*?\nend\n/).map { String($0.output) }
      })
    #expect(patterns.count == 1)
    let pattern = try #require(patterns.first ?? nil)
    let heads = Self.heads
    let fixture = try #require(SharedRedis.fixture)
    let client = RedisClient(configuration: fixture.server.configuration)
    let reply = try await client.send(timeout: .seconds(60)) { writer in
      writer.begin("EVAL", argumentCount: 2 + heads.count)
      writer.bulk(
        pattern + """
          local verdicts = {}
          for index, head in ipairs(ARGV) do verdicts[index] = valid(head) and 'y' or 'n' end
          return table.concat(verdicts)
          """)
      writer.bulk(0)
      for head in heads { writer.bulk(head) }
    }
    await client.shutdown()
    let text: String = try #require(reply.string)
    let verdicts = text.utf8.map { $0 == UInt8(ascii: "y") }
    #expect(verdicts.count == heads.count && verdicts.contains(true))
    for (head, isValid) in zip(heads, verdicts) {
      #expect((RecordHead(bytes: ByteBuffer(bytes: head)) != nil) == isValid, "\(head)")
    }
  }

  /// A head with every byte at every place, and every shorter length.
  private static let heads: [[UInt8]] = {
    let head = Array(Specimen.record().encoded().readableBytesView.prefix(RecordHead.byteCount))
    let changed = head.indices.flatMap { place in
      (UInt8.min...UInt8.max).map { byte in
        var head = head
        head[place] = byte
        return head
      }
    }
    return changed + head.indices.map { Array(head.prefix($0)) }
  }()
}

import NIOCore
import Testing

@testable import HiredisNIO

@Suite("RESP2 is read however the network cuts it, and anything else is refused")
struct RESPReaderTests {
  static let replies: [(String, RESPValue)] = [
    ("+OK\r\n", .simpleString("OK")),
    ("+\r\n", .simpleString("")),
    ("+a\rb\r\n", .simpleString("a\rb")),
    ("-ERR no such thing\r\n", .error(RedisServerError(code: "ERR", message: "no such thing"))),
    ("-OOM\r\n", .error(RedisServerError(code: "OOM", message: ""))),
    ("-\r\n", .error(RedisServerError(code: "", message: ""))),
    ("-ERR odd\rmiddle\n\r\n", .error(RedisServerError(code: "ERR", message: "odd\rmiddle\n"))),
    (":0\r\n", .integer(0)),
    (":-1\r\n", .integer(-1)),
    (":9223372036854775807\r\n", .integer(.max)),
    (":-9223372036854775808\r\n", .integer(.min)),
    ("$-1\r\n", .null),
    ("*-1\r\n", .null),
    ("$0\r\n\r\n", .bulkString(ByteBuffer())),
    ("$5\r\na\r\nbc\r\n", .bulkString(ByteBuffer(string: "a\r\nbc"))),
    ("*0\r\n", .array([])),
    (
      "*2\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n",
      .array([.bulkString(ByteBuffer(string: "a")), .array([.integer(1), .null])])
    ),
    ("*3\r\n*0\r\n-ERR x\r\n*1\r\n*1\r\n+y\r\n", nested),
    (
      "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n",
      (0..<7).reduce(.integer(7)) { value, _ in .array([value]) }
    ),
  ]
  static let nested = RESPValue.array([
    .array([]), .error(RedisServerError(code: "ERR", message: "x")),
    .array([.array([.simpleString("y")])]),
  ])

  @Test(
    "every kind of reply, alone, arriving at once or byte by byte, or split in two anywhere",
    arguments: replies)
  func splitAnywhere(bytes: String, value: RESPValue) throws {
    let bytes = Array(bytes.utf8)
    for split in 0...bytes.count {
      let reader = RESPReader(limits: RESPLimits())
      #expect(try Self.read(reader, [Array(bytes[..<split]), Array(bytes[split...])]) == [value])
    }
    #expect(try Self.read(RESPReader(limits: RESPLimits()), bytes.map { [$0] }) == [value])
  }

  @Test(
    "replies that arrive together come out in order, whatever the size of the pieces",
    arguments: [1, 7, 1000, 100_000])
  func together(piece: Int) throws {
    let round = Self.replies.map(\.0).joined()
    let bytes = Array(String(repeating: round, count: 50).utf8)
    let pieces = stride(from: 0, to: bytes.count, by: piece).map {
      Array(bytes[$0..<min($0 + piece, bytes.count)])
    }
    let values = try Self.read(RESPReader(limits: RESPLimits()), pieces)
    #expect(values == (0..<50).flatMap { _ in Self.replies.map(\.1) })
  }

  @Test("a bulk string larger than every buffer in between arrives whole")
  func largeBulk() throws {
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let bytes = Array("$3000000\r\n".utf8) + body + Array("\r\n:1\r\n".utf8)
    let pieces = stride(from: 0, to: bytes.count, by: 65_536).map {
      Array(bytes[$0..<min($0 + 65_536, bytes.count)])
    }
    #expect(
      try Self.read(RESPReader(limits: RESPLimits()), pieces) == [
        .bulkString(ByteBuffer(bytes: body)), .integer(1),
      ])
  }

  @Test(
    "what is not RESP2 is refused, split anywhere",
    arguments: [
      "HTTP/1.1 400 Bad Request\r\n", "\r\n", "\u{0}\u{0}\u{0}\u{0}", "%1\r\n+a\r\n+b\r\n",
      "~1\r\n+a\r\n", "_\r\n",
      ":\r\n", ":1a\r\n", ":99999999999999999999\r\n", ":1.5\r\n", "$x\r\n", "$-2\r\nab\r\n",
      "$3\r\nabcde\r\n",
      "$3\r\nab\r\n\r\n", "$99999999999999999999999999\r\n", "$9223372036854775807\r\n",
      "$67108865\r\n", "*-2\r\n",
      "*9999999999\r\n", "*2147483647\r\n", "*1048577\r\n", "*x\r\n", "*2\r\n*1048576\r\n",
      "*1\r\n!\r\n",
      "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n",
      "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*0\r\n",
      "$1111111111111111111111111111111111111111",
    ])
  func hostile(text: String) {
    let bytes = Array(text.utf8)
    for split in 0...bytes.count {
      let reader = RESPReader(limits: RESPLimits())
      #expect(throws: RESPViolation.self) {
        _ = try Self.read(reader, [Array(bytes[..<split]), Array(bytes[split...])])
      }
      // What follows means nothing any more.
      #expect(throws: RESPViolation.self) { _ = try Self.read(reader, [Array("+OK\r\n".utf8)]) }
    }
  }

  @Test("random bytes are read or refused, never more than that")
  func garbage() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("$*:+-0123456789\r\n\r\nab\u{0}".utf8)
    for _ in 0..<5_000 {
      let bytes = (0..<64).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      _ = try? Self.read(
        RESPReader(limits: RESPLimits(maximumReplyBytes: 4096, maximumElements: 64)), [bytes])
    }
  }

  @Test("a reply that goes on beyond its limit is refused while it arrives")
  func limits() {
    let limits = RESPLimits(maximumReplyBytes: 2000, maximumElements: 10)
    func refused(_ text: String) -> RESPViolation? {
      #expect(throws: RESPViolation.self) {
        _ = try Self.read(RESPReader(limits: limits), [Array(text.utf8)])
      }
    }
    #expect(refused("$2001\r\n")?.message == "a reply is larger than 2000 bytes")
    #expect(refused("*11\r\n")?.message == "a reply has more than 10 elements")
    #expect(refused("*5\r\n*6\r\n")?.message == "a reply has more than 10 elements")
    #expect(
      refused("+" + String(repeating: "a", count: 2001))?.message
        == "a reply is larger than 2000 bytes")
    let big = "$900\r\n" + String(repeating: "b", count: 900) + "\r\n"
    #expect(
      refused("*3\r\n" + big + big + "$900\r\n")?.message == "a reply is larger than 2000 bytes")
    let line = String(repeating: "a", count: 70_000)
    #expect(throws: RESPViolation(message: "a line is longer than 65536 bytes")) {
      _ = try Self.read(RESPReader(limits: RESPLimits()), [Array("+\(line)".utf8)])
    }
  }

  static func read(_ reader: RESPReader, _ pieces: [[UInt8]]) throws -> [RESPValue] {
    var values: [RESPValue] = []
    for piece in pieces {
      var buffer = ByteBuffer(bytes: piece)
      while let value = try reader.next(from: &buffer) { values.append(value) }
      #expect(buffer.readableBytes == 0)
    }
    return values
  }
}

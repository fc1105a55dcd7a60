import NIOCore
import Testing

@testable import HiredisNIO

@Suite("Commands are written as RESP2 arrays of bulk strings")
struct RESPCommandWriterTests {
  @Test func everyTypeOfArgument() {
    let written = Self.write { writer in
      writer.begin("SET", argumentCount: 7)
      writer.bulk("text é")
      writer.bulk("a part".dropFirst(2))
      writer.bulk(ByteBuffer(string: "buffer"))
      writer.bulk([1, 2] as [UInt8])
      writer.bulk(-42)
      writer.bulk("" as StaticString)
      writer.bulk(count: 5) { buffer in
        buffer.writeString("he")
        buffer.writeString("llo")
      }
    }
    let expected =
      "*8\r\n$3\r\nSET\r\n$7\r\ntext é\r\n$4\r\npart\r\n$6\r\nbuffer\r\n$2\r\n\u{1}\u{2}\r\n$3\r\n-42\r\n$0\r\n\r\n"
      + "$5\r\nhello\r\n"
    #expect(written == expected)
  }

  @Test(
    "numbers of every length",
    arguments: [0, 1, -1, 9, 10, 99, 100, 12345, -98765, Int.max, Int.min])
  func numbers(number: Int) {
    let text = String(number)
    #expect(
      Self.write {
        $0.begin(1)
        $0.bulk(number)
      } == "*1\r\n$\(text.utf8.count)\r\n\(text)\r\n")
  }

  @Test("a first part of any length, and a rest", arguments: [0, 1, 8, 9, 10, 99, 100, 5_000], [0, 1, 95, 100_000])
  func parts(first: Int, rest: Int) {
    let (head, body) = (String(repeating: "h", count: first), String(repeating: "b", count: rest))
    let written = Self.write {
      $0.begin(2)
      $0.bulk({ $0.writeString(head) }, then: ByteBuffer(string: body))
      $0.bulk("next")
    }
    #expect(written == "*2\r\n$\(first + rest)\r\n\(head)\(body)\r\n$4\r\nnext\r\n")
  }

  @Test("a long argument makes the buffer grow")
  func long() {
    let text = String(repeating: "x", count: 100_000)
    #expect(
      Self.write {
        $0.begin(1)
        $0.bulk(text)
      } == "*1\r\n$100000\r\n\(text)\r\n")
  }

  static func write(_ encode: (inout RESPCommandWriter) -> Void) -> String {
    var writer = RESPCommandWriter(buffer: ByteBuffer())
    encode(&writer)
    writer.finish()
    return String(buffer: writer.buffer)
  }
}

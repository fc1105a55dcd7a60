import IdempotencyTesting
import NIOCore
import Testing

@testable import HiredisNIO

@Suite("RESP2: a command is read back as the arguments that were written")
struct RESPCommandFuzzTests {
  @Test("Any arguments in any type, several commands in one buffer")
  func roundTrip() {
    Fuzz.run(6000, reaching: ["String", "Substring", "ByteBuffer", "[UInt8]", "Int64", "parts", "two parts"]) { fuzz in
      var expected: [[[UInt8]]] = []
      var writer = RESPCommandWriter(buffer: ByteBuffer())
      for _ in 0...fuzz.random.below(3) {
        let count = fuzz.random.count(upTo: 6)
        writer.begin("SET", argumentCount: count)
        var command = [Array("SET".utf8)]
        for _ in 0..<count { command.append(Self.write(to: &writer, &fuzz)) }
        writer.finish()
        expected.append(command)
      }
      let bytes = Array(writer.buffer.readableBytesView)
      fuzz.show(bytes)
      fuzz.expect(Self.commands(bytes[...]) == expected, "expected \(expected)")
    }
  }

  /// Writes one argument of some type and gives its bytes.
  private static func write(to writer: inout RESPCommandWriter, _ fuzz: inout FuzzCase) -> [UInt8] {
    let text = fuzz.random.text(upTo: 20)
    let bytes = fuzz.random.bytes(upTo: fuzz.random.chance(5) ? 5_000 : 20)
    let type = fuzz.random.pick(["String", "Substring", "ByteBuffer", "[UInt8]", "Int64", "parts", "two parts"])
    fuzz.reach(type)
    switch type {
    case "String": text.write(to: &writer)
    case "Substring": ("x" + text + "y").dropFirst().dropLast().write(to: &writer)
    case "ByteBuffer": ByteBuffer(bytes: bytes).write(to: &writer)
    case "[UInt8]": bytes.write(to: &writer)
    case "Int64":
      let number = fuzz.random.integer()
      writer.bulk(number)
      return Array("\(number)".utf8)
    case "two parts":
      let length = fuzz.random.count(upTo: bytes.count)
      writer.bulk({ $0.writeBytes(bytes.prefix(length)) }, then: ByteBuffer(bytes: bytes.dropFirst(length)))
    default:
      writer.bulk(count: bytes.count) { buffer in
        buffer.writeBytes(bytes.prefix(3))
        buffer.writeBytes(bytes.dropFirst(3))
      }
    }
    if type == "Substring" { return Array(("x" + text + "y").dropFirst().dropLast().utf8) }
    return type == "String" ? Array(text.utf8) : bytes
  }

  /// A parser of commands that shares nothing with the reader; nil for anything else than whole commands.
  private static func commands(_ bytes: ArraySlice<UInt8>) -> [[[UInt8]]]? {
    var rest = bytes
    func number(_ mark: Character) -> Int? {
      guard let end = rest.firstIndex(of: 0x0D), rest.first == mark.asciiValue, rest[end...].starts(with: [0x0D, 0x0A])
      else { return nil }
      defer { rest = rest[(end + 2)...] }
      return Int(String(decoding: rest[rest.startIndex.advanced(by: 1)..<end], as: UTF8.self))
    }
    var commands: [[[UInt8]]] = []
    while !rest.isEmpty {
      guard let count = number("*") else { return nil }
      var command: [[UInt8]] = []
      for _ in 0..<count {
        guard let length = number("$"), rest.count >= length + 2, rest.dropFirst(length).starts(with: [0x0D, 0x0A])
        else { return nil }
        command.append(Array(rest.prefix(length)))
        rest = rest.dropFirst(length + 2)
      }
      commands.append(command)
    }
    return commands
  }
}

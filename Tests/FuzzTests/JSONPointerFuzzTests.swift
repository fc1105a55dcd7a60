import IdempotencyTesting
import NIOCore
import Testing

@testable import Idempotency

@Suite("JSON pointers: read as RFC 6901 has it, and evaluated as by walking the tree")
struct JSONPointerFuzzTests {
  @Test("Steps are written and read back")
  func roundTrip() {
    Fuzz.run(6000) { fuzz in
      let steps = fuzz.random.some(upTo: 5) { $0.text(upTo: 4) + $0.pick(["", "~", "/", "~0", "~1", "0"]) }
      let text = Self.written(steps.map { Array($0.utf8) })
      fuzz.show(text)
      let pointer = try JSONPointer(text)
      fuzz.expect(pointer.tokens.map(\.name) == steps.map { Array($0.utf8) }, "read as \(pointer.tokens.map(\.name))")
      fuzz.expect(pointer.description.utf8.elementsEqual(text.utf8), "prints as \(pointer)")
    }
  }

  @Test("Any text is a pointer exactly if it follows the grammar of RFC 6901 section 3")
  func grammar() {
    Fuzz.run(8000, reaching: ["pointer", "refused"]) { fuzz in
      let start = fuzz.random.some(upTo: 6) { $0.pick(["/", "/a", "~0", "~1", "~", "é", "0", "-"]) }.joined()
      let text = String(decoding: fuzz.random.mutated(Array(start.utf8), donor: Array("~01/~".utf8)), as: UTF8.self)
      fuzz.show(text)
      let escapes = text.utf8.split(separator: UInt8(ascii: "~"), omittingEmptySubsequences: false).dropFirst()
      let isPointer =
        (text.utf8.isEmpty || text.utf8.first == 0x2F) && escapes.allSatisfy { $0.first == 0x30 || $0.first == 0x31 }
      fuzz.reach(isPointer ? "pointer" : "refused")
      fuzz.expect(((try? JSONPointer(text)) != nil) == isPointer, isPointer ? "refused" : "accepted")
    }
  }

  @Test("F4 fields and ignored values are those that a walk through the tree finds")
  func evaluation() {
    Fuzz.run(6000, reaching: ["hit", "missed", "ignored"]) { fuzz in
      let value = fuzz.random.json(depth: 4)
      let fields = fuzz.random.some(upTo: 4) { Self.steps(into: value, &$0) }
      let ignore = fuzz.random.some(upTo: 3) { Self.steps(into: value, &$0) }
      let text = fuzz.random.spelled(value)
      fuzz.show(text)
      for steps in fields + ignore { fuzz.show(Self.written(steps)) }
      let bytes = try CanonicalJSON.bytes(
        of: ByteBuffer(string: text), fields: fields.map { try JSONPointer(Self.written($0)) },
        ignore: ignore.map { try JSONPointer(Self.written($0)) })
      let kept = ignore.contains([]) ? nil : value.removing(ignore)
      if kept != value { fuzz.reach("ignored") }
      guard !fields.isEmpty else {
        return fuzz.expect(bytes.elementsEqual(kept?.canonical.utf8 ?? "".utf8), "expected \(kept?.canonical ?? "")")
      }
      var expected: [UInt8] = []
      for field in fields {
        let isIgnored = ignore.contains { field.starts(with: $0) }
        let found = isIgnored ? nil : value.value(at: field)?.removing(ignore, at: field)
        fuzz.reach(found == nil ? "missed" : "hit")
        expected +=
          Self.framed(Array(Self.written(field).utf8)) + Self.framed((found?.canonical.utf8).map { Array($0) })
      }
      fuzz.expect(bytes == expected, "expected \(FuzzCase.escaped(expected)), got \(FuzzCase.escaped(bytes))")
    }
  }

  /// Some steps into a value; now and then they leave it.
  private static func steps(into value: FuzzJSON, _ random: inout SeededRandom) -> [[UInt8]] {
    var (steps, place): ([[UInt8]], FuzzJSON) = ([], value)
    while !random.chance(25) {
      if random.chance(10) { return steps + [Array(random.pick(["-", "0", "01", "1", "nothing", ""]).utf8)] }
      switch place {
      case .object(let members) where !members.isEmpty:
        let member = random.pick(members)
        steps.append(member.nameBytes)
        place = member.value
      case .array(let values) where !values.isEmpty:
        let index = random.below(values.count)
        steps.append(Array("\(index)".utf8))
        place = values[index]
      default: return steps
      }
    }
    return steps
  }

  private static func written(_ steps: [[UInt8]]) -> String {
    // By bytes: a String's own replacing sees no tilde where a combining mark follows it.
    var bytes: [UInt8] = []
    for step in steps {
      bytes.append(0x2F)
      for byte in step { bytes += byte == 0x7E ? [0x7E, 0x30] : byte == 0x2F ? [0x7E, 0x31] : [byte] }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// An item as DESIGN's frame has it.
  private static func framed(_ item: [UInt8]?) -> [UInt8] {
    guard let item else { return [0xFF, 0xFF, 0xFF, 0xFF] }
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: item.count >> $0) } + item
  }
}

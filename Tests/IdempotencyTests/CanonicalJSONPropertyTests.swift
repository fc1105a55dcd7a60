import IdempotencyTesting
import Idempotency
import NIOCore
import Testing

@Suite("Canonical JSON: properties")
struct CanonicalJSONPropertyTests {
  /// A JSON value that can be written in many ways.
  indirect enum Value: Equatable {
    case literal(String)
    case number(digits: Int, exponent: Int)
    case string([Unicode.Scalar])
    case array([Value])
    case object([(name: [Unicode.Scalar], value: Value)])

    static func == (left: Value, right: Value) -> Bool {
      switch (left, right) {
      case (.literal(let left), .literal(let right)): left == right
      case (.number(let digits, let exponent), .number(let others, let other)):
        digits == others && (digits == 0 || exponent == other)
      case (.string(let left), .string(let right)): left == right
      case (.array(let left), .array(let right)): left == right
      case (.object(let left), .object(let right)):
        left.count == right.count
          && left.allSatisfy { member in right.contains { $0.name == member.name && $0.value == member.value } }
      default: false
      }
    }
  }

  @Test(
    "F4 a document written in any way keeps its canonical form, which is a fixed point",
    arguments: 1...8 as ClosedRange<UInt64>)
  func rewriting(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<300 {
      let value = random.value(depth: 4)
      let first = try CanonicalJSON.bytes(of: ByteBuffer(string: random.write(value)))
      #expect(try CanonicalJSON.bytes(of: ByteBuffer(string: random.write(value))) == first)
      #expect(try CanonicalJSON.bytes(of: ByteBuffer(bytes: first)) == first)
    }
  }

  @Test("F4 different documents have different canonical forms", arguments: 1...4 as ClosedRange<UInt64>)
  func injective(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var seen: [[UInt8]: Value] = [:]
    for _ in 0..<2000 {
      let value = random.value(depth: 2)
      let canonical = try CanonicalJSON.bytes(of: ByteBuffer(string: random.write(value)))
      #expect(seen.updateValue(value, forKey: canonical).map { $0 == value } ?? true)
    }
  }

  @Test("F4 no bytes make the parser trap", arguments: 1...4 as ClosedRange<UInt64>)
  func mutations(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<2000 {
      var bytes = Array(random.write(random.value(depth: 3)).utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let index = bytes.indices.randomElement(using: &random)!
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        default: bytes.removeSubrange(index...)
        }
      }
      if let canonical = try? CanonicalJSON.bytes(of: ByteBuffer(bytes: bytes)) {
        #expect((try? CanonicalJSON.bytes(of: ByteBuffer(bytes: canonical))) == canonical)
      }
    }
  }
}

import IdempotencyTesting
import NIOCore
import Testing

@testable import Idempotency

@Suite("The frozen head: Swift and the scripts take the same 85 bytes for a head")
struct RecordHeadFuzzTests {
  @Test("Every byte at every place of a head")
  func everyByte() {
    Fuzz.run(2, reaching: ["valid", "invalid"]) { fuzz in
      let bytes = Self.head(&fuzz)
      for place in 0..<85 {
        for byte in UInt8.min...UInt8.max {
          var changed = bytes
          changed[place] = byte
          Self.compare(changed, &fuzz)
        }
      }
    }
  }

  @Test("Any change, and any length")
  func mutations() {
    Fuzz.run(12000, reaching: ["valid", "invalid"]) { fuzz in
      let bytes = Self.head(&fuzz)
      Self.compare(fuzz.random.chance(20) ? bytes + fuzz.random.bytes(upTo: 9) : fuzz.random.mutated(bytes), &fuzz)
    }
  }

  @Test("A head is written as DESIGN's table has it, numbers cut to what their digits can hold")
  func table() {
    Fuzz.run(4000, reaching: ["cut"]) { fuzz in
      var head = fuzz.random.recordHead()
      if fuzz.random.chance(30) {
        head.leaseDeadline = fuzz.random.integer()
        head.attempt = Int(fuzz.random.integer())
      }
      let (deadline, attempt) = (min(max(head.leaseDeadline, 0), 9_999_999_999_999), min(max(head.attempt, 0), 9_999))
      if deadline != head.leaseDeadline || attempt != head.attempt { fuzz.reach("cut") }
      let digits = [head.token.high, head.token.low, head.fingerprint.high, head.fingerprint.low].map {
        Self.padded(String($0, radix: 16), 16)
      }
      let expected =
        String(Unicode.Scalar(head.state.rawValue)) + digits.joined() + Self.padded("\(deadline)", 13)
        + Self.padded("\(attempt)", 4) + String(Unicode.Scalar(head.version))
        + String(Unicode.Scalar(head.unknownOutcome.rawValue)) + String(Unicode.Scalar(head.form))
      var bytes = ByteBuffer()
      head.write(into: &bytes)
      fuzz.show(bytes.readableBytesView)
      fuzz.expect(String(buffer: bytes) == expected, "expected \(expected)")
      (head.leaseDeadline, head.attempt) = (deadline, attempt)
      fuzz.expect(RecordHead(bytes: bytes) == head, "read as another")
    }
  }

  private static func head(_ fuzz: inout FuzzCase) -> [UInt8] {
    var bytes = ByteBuffer()
    fuzz.random.recordHead().write(into: &bytes)
    return Array(bytes.readableBytesView)
  }

  private static func compare(_ bytes: [UInt8], _ fuzz: inout FuzzCase) {
    let expected = isHead(bytes)
    fuzz.reach(expected ? "valid" : "invalid")
    guard (RecordHead(bytes: ByteBuffer(bytes: bytes)) != nil) != expected else { return }
    fuzz.show(bytes)
    fuzz.fail(expected ? "Swift refuses what the scripts take" : "Swift takes what the scripts refuse")
  }

  /// `valid(head)` of the scripts, byte by byte: `^[RCTUF]`, 64 of `[0-9a-f]`, 17 of `[0-9]`, `[!-~][hsx][!-~]`.
  private static func isHead(_ bytes: [UInt8]) -> Bool {
    func matches(_ range: Range<Int>, _ characters: String) -> Bool {
      bytes[range].allSatisfy { characters.utf8.contains($0) }
    }
    guard bytes.count >= 85 else { return false }
    return matches(0..<1, "RCTUF") && matches(1..<65, "0123456789abcdef") && matches(65..<82, "0123456789")
      && (0x21...0x7E).contains(bytes[82]) && matches(83..<84, "hsx") && (0x21...0x7E).contains(bytes[84])
  }

  private static func padded(_ digits: String, _ count: Int) -> String {
    String(repeating: "0", count: count - digits.count) + digits
  }
}

import IdempotencyTesting
import Testing

@testable import Idempotency

@Suite("Keys of any text: bounds, escaping and formats")
struct KeyTextFuzzTests {
  @Test("F8, K8 any text of 1 to 255 bytes is a key; its escaped form is safe and gives the text back")
  func escaping() {
    Fuzz.run(8000, reaching: ["key", "refused"]) { fuzz in
      let text = fuzz.random.text(upTo: fuzz.random.chance(20) ? 200 : 12)
      fuzz.show(text)
      let isKey = (1...255).contains(text.utf8.count) && text.utf8.contains { $0 != 0x20 && $0 != 0x09 }
      guard let key = try? IdempotencyKey(text) else {
        fuzz.reach("refused")
        return fuzz.expect(!isKey, "refused")
      }
      fuzz.reach("key")
      fuzz.expect(isKey, "accepted")
      let escaped = key.escaped
      let isSafe = escaped.utf8.allSatisfy {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~%-".utf8.contains($0)
      }
      fuzz.expect(isSafe, "escaped is \(escaped)")
      // What can be undone is injective.
      fuzz.expect(
        Self.decoded(Array(escaped.utf8)).map { $0.elementsEqual(text.utf8) } == true, "escaped is \(escaped)")
    }
  }

  @Test("F8 texts that differ in any byte are two keys, also where Unicode calls them equal")
  func injective() {
    Fuzz.run(6000, reaching: ["canonically equal", "differs"]) { fuzz in
      let text = fuzz.random.text(upTo: 8) + fuzz.random.pick(["", "é", "e\u{301}", "Å", "\u{212B}"])
      let bytes = fuzz.random.chance(50) ? fuzz.random.mutated(Array(text.utf8)) : Array(Self.respelled(text).utf8)
      guard let other = String(validating: bytes, as: UTF8.self) else { return }
      guard let one = try? IdempotencyKey(text), let two = try? IdempotencyKey(other) else { return }
      fuzz.show(text)
      fuzz.show(other)
      let isSame = text.utf8.elementsEqual(other.utf8)
      fuzz.reach(isSame ? "same" : "differs")
      if !isSame, text == other { fuzz.reach("canonically equal") }
      fuzz.expect((one == two) == isSame, "keys are equal or not")
      fuzz.expect((one.escaped == two.escaped) == isSame, "escaped forms are equal or not")
      fuzz.expect(!isSame || one.hashValue == two.hashValue, "equal keys hash differently")
    }
  }

  @Test("K10, K12 a UUID in any case is one key; what differs in a byte from a UUID is none")
  func uuids() {
    Fuzz.run(8000, reaching: ["uuid", "uuid-v4", "none"]) { fuzz in
      let uuid = fuzz.random.uuid()
      let bytes = fuzz.random.chance(40) ? Array(uuid.utf8) : fuzz.random.mutated(Array(uuid.utf8))
      let text = String(decoding: bytes, as: UTF8.self)
      fuzz.show(text)
      let scalars = Array(text.unicodeScalars)
      let isUUID =
        scalars.count == 36
        && scalars.indices.allSatisfy { index in
          [8, 13, 18, 23].contains(index)
            ? scalars[index] == "-" : "0123456789abcdefABCDEF".unicodeScalars.contains(scalars[index])
        }
      let isVersion4 = isUUID && scalars[14] == "4" && "89abAB".unicodeScalars.contains(scalars[19])
      fuzz.reach(isVersion4 ? "uuid-v4" : isUUID ? "uuid" : "none")
      let expected = text.lowercased()
      fuzz.expect((try? IdempotencyKey(text, format: .uuid))?.text == (isUUID ? expected : nil), "uuid")
      fuzz.expect((try? IdempotencyKey(text, format: .uuidV4))?.text == (isVersion4 ? expected : nil), "uuid-v4")
    }
  }

  @Test("A path parameter is decoded as RFC 3986 has it, or refused")
  func percentDecoding() {
    Fuzz.run(8000, reaching: ["decoded", "refused"]) { fuzz in
      let start = fuzz.random.some(upTo: 8) {
        $0.pick(["a", "%41", "%c3%a9", "%C3%A9", "%", "%00", "%2F", "é", "%zz"])
      }
      let text = String(decoding: fuzz.random.mutated(Array(start.joined().utf8)), as: UTF8.self)
      fuzz.show(text)
      let expected = Self.decoded(Array(text.utf8)).flatMap { String(validating: $0, as: UTF8.self) }
      let decoded = PercentEncoding.decode(text)
      fuzz.reach(expected == nil ? "refused" : "decoded")
      fuzz.expect(decoded.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "decoded to \(decoded ?? "none")")
    }
  }

  /// Undoes percent-encoding; nil where a percent sign encodes nothing.
  private static func decoded(_ bytes: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      // UInt8(_:radix:) also takes a sign, hence the second test.
      guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { return nil }
      result.append(value)
      rest = rest.dropFirst(2)
    }
    return result
  }

  private static func respelled(_ text: String) -> String {
    text.hasSuffix("é")
      ? text.dropLast() + (text.unicodeScalars.last == "é" ? "e\u{301}" : "é")
      : text.replacing("\u{212B}", with: "\u{C5}")
  }
}

import IdempotencyTesting
import Idempotency
import Testing

@Suite("Keys in a record's name")
struct KeyEscapingTests {
  /// Separators, what escaping itself is made of, and texts that Swift's string comparison would take for equal.
  private static let alphabet = [
    ":", "/", "%", "%3A", "%3a", "3A", "-", ".", "_", "~", "a", "A", "1", " ", "{", "}", "\n", "\u{0}", "é", "e\u{301}",
    "🔑", "*", "?", "[", "\\", "\"", "+",
  ]

  @Test(
    "F8 every byte outside [A-Za-z0-9._~-] is percent-encoded in upper case",
    arguments: [
      ("3f9c-AZ._~", "3f9c-AZ._~"), ("a:b", "a%3Ab"), ("a%3Ab", "a%253Ab"), ("é", "%C3%A9"), ("a b/\n", "a%20b%2F%0A"),
    ])
  func examples(text: String, escaped: String) throws {
    #expect(try IdempotencyKey(text).escaped == escaped)
  }

  @Test("F8 random keys: escaped holds no separator and no two keys share it", arguments: 1...4 as ClosedRange<UInt64>)
  func injective(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var keys: [String: IdempotencyKey] = [:]
    for _ in 0..<3000 {
      guard let key = try? IdempotencyKey(random.text(of: Self.alphabet, count: 1...5)) else { continue }
      let escaped = key.escaped
      #expect(escaped.utf8.allSatisfy { Self.isSafe($0) })
      #expect(keys.updateValue(key, forKey: escaped).map { $0 == key } ?? true)
    }
  }

  @Test("F8 no two (keyspace, principal, key) triples share a record's name", arguments: 1...4 as ClosedRange<UInt64>)
  func triples(seed: UInt64) throws {
    struct Triple: Hashable {
      let keyspace: String
      let principal: [UInt8]
      let key: IdempotencyKey
    }
    var random = SeededRandom(seed: seed)
    var names: [String: Triple] = [:]
    for _ in 0..<2000 {
      let keyspace = random.text(of: ["a", "b", ".", "-", "_"], count: 1...3)
      let principal = random.text(of: Self.alphabet, count: 0...3)
      guard let key = try? IdempotencyKey(random.text(of: Self.alphabet, count: 1...3)) else { continue }
      let scope = Scope(entries: [("x-api-key", principal)], pepper: .default)
      let triple = Triple(keyspace: keyspace, principal: Array(principal.utf8), key: key)
      // As RecordKey puts it together (DESIGN "The record").
      let name = "\(keyspace):\(scope.text):\(key.escaped)"
      #expect(names.updateValue(triple, forKey: name).map { $0 == triple } ?? true)
    }
    #expect(names.count > 1500)
  }

  @Test("F8 keys are not normalised: composed and decomposed é are two keys")
  func noNormalisation() throws {
    let (composed, decomposed) = (try IdempotencyKey("\u{E9}"), try IdempotencyKey("e\u{301}"))
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
  }

  private static func isSafe(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x25, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
  }
}

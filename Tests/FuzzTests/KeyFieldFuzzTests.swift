import IdempotencyTesting
import Testing

@testable import Idempotency

@Suite("Idempotency-Key: a field value is a key by the rules, or refused")
struct KeyFieldFuzzTests {
  @Test("K2, K3, K4, K7, K8 a text is the same key quoted, with parameters, and bare")
  func forms() {
    Fuzz.run(5000, reaching: ["bare", "refused", "255 bytes"]) { fuzz in
      let count = fuzz.random.chance(20) ? 250 + fuzz.random.below(10) : fuzz.random.count(upTo: 40)
      let text = fuzz.random.printable(count)
      let line = fuzz.random.blanks() + fuzz.random.quoted(text) + fuzz.random.parameters() + fuzz.random.blanks()
      fuzz.show(line)
      let quoted = Self.key([line])
      guard (1...255).contains(count), text.contains(where: { $0 != " " }) else {
        fuzz.reach("refused")
        return fuzz.expect(quoted == nil, "accepted")
      }
      if count == 255 { fuzz.reach("255 bytes") }
      fuzz.expect(quoted?.text == text, "read as \(quoted?.text ?? "none")")
      fuzz.expect(Self.key([line], strict: true) == quoted, "strict is another")
      fuzz.expect(Self.key([line, line]) == nil, "K6 two lines accepted")
      fuzz.expect(Self.key([line + "," + line]) == nil, "K6 two members accepted")
      guard !text.contains(","), !text.hasPrefix("\""), text.first != " ", text.last != " " else { return }
      fuzz.reach("bare")
      fuzz.expect(Self.key([fuzz.random.blanks() + text + fuzz.random.blanks()]) == quoted, "K4 bare is another")
      fuzz.expect(Self.key([text], strict: true) == nil, "K4 strict takes bare")
    }
  }

  @Test("K2, K5, K7, K8, K9 any bytes are what an independent reading of the rules makes of them")
  func mutations() {
    Fuzz.run(16000, reaching: ["key", "refused", "undecided"]) { fuzz in
      let text = fuzz.random.printable(fuzz.random.chance(10) ? 255 : fuzz.random.count(upTo: 20))
      let start = fuzz.random.chance(70) ? fuzz.random.quoted(text) + fuzz.random.parameters() : text
      // A field's bytes become a String before the parser sees them; what is no UTF-8 is replaced.
      let line = String(
        decoding: fuzz.random.mutated(Array(start.utf8), donor: Array("\"a\\\"\";b".utf8)), as: UTF8.self)
      let strict = fuzz.random.chance(30)
      fuzz.show(line)
      let key = Self.key([line], strict: strict).map { Array($0.text.utf8) }
      switch KeyOracle.verdict(Array(line.utf8), strict: strict) {
      case .key(let expected):
        fuzz.reach("key")
        fuzz.expect(key == expected, "read as \(key.map { FuzzCase.escaped($0) } ?? "none")")
      case .refused:
        fuzz.reach("refused")
        fuzz.expect(key == nil, "accepted")
      case .keyOrRefused(let expected):
        fuzz.reach("undecided")
        fuzz.expect(key == nil || key == expected, "read as \(key.map { FuzzCase.escaped($0) } ?? "none")")
      }
    }
  }

  private static func key(_ lines: [String], strict: Bool = false) -> IdempotencyKey? {
    try? KeyParser(strict: strict).parse(fieldLines: lines)
  }
}

import Idempotency
import IdempotencyTesting
import Testing

@Suite("Idempotency-Key field")
struct KeyParserTests {
  private static let uuid = "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33"

  @Test("A2 A3 no field line is no key")
  func absent() throws {
    #expect(try KeyParser().parse(fieldLines: []) == nil)
  }

  @Test(
    "K2 K3 quoted strings: two escapes, parameters ignored",
    arguments: [
      (#""k""#, "k"), (#""a\"b""#, #"a"b"#), (#""a\\b""#, #"a\b"#), (#""\\\\""#, #"\\"#), (#""k";a=1"#, "k"),
      (#""k"; a;b="x,y""#, "k"), (#""a,b""#, "a,b"), (#""a;b""#, "a;b"), (#"" k ""#, " k "), ("  \"k\"\t", "k"),
      (#""8e03978e-40d5-43dd-bc93-6894a57f9324""#, "8e03978e-40d5-43dd-bc93-6894a57f9324"),
    ], [false, true])
  func quoted(value: (line: String, key: String), strict: Bool) throws {
    #expect(try KeyParser(strict: strict).parse(fieldLines: [value.line])?.text == value.key)
  }

  @Test(
    "K2 broken strings are malformed",
    arguments: [
      #"""#, #""k"#, #""k\""#, #""a\nb""#, #""a\""#, #""k"x"#, #""k" x"#, #""k" ;a"#, #""k";"#, #""k";A=1"#,
      #""k","#, "\"k\u{7F}\"", "\"k\u{01}\"", "\"k\tk\"", "\"ключ\"",
    ], [false, true])
  func brokenString(line: String, strict: Bool) {
    #expect(throws: KeyError.self) { try KeyParser(strict: strict).parse(fieldLines: [line]) }
  }

  @Test(
    "K4 K5 a bare value is the key itself, outer blanks cut, whatever type it looks like",
    arguments: [
      "k", "abc def", "a;b=c", uuid, "12345678901234567890", "1.5", "?1", ":YWJj:", "@1659578233", "(a b)", "*tok/en",
      #"it's"#, #"a"b"#, "a=b", "%\"f\"",
    ])
  func bare(line: String) throws {
    #expect(try KeyParser().parse(fieldLines: [line])?.text == line)
    #expect(try KeyParser().parse(fieldLines: [" \t\(line)  "])?.text == line)
    #expect(throws: KeyError.self) { try KeyParser(strict: true).parse(fieldLines: [line]) }
  }

  @Test("K2 K3 a string without escapes is read as one with parameters is, whatever stands in it")
  func plain() {
    var random = SeededRandom(seed: 3)
    var accepted = 0
    for _ in 0..<5_000 {
      let characters = ["a", "Z", "0", " ", "\t", "\"", "\\", ";", ",", "=", "~", "é", "\u{7F}", "\u{0}", "-"]
      let inner = (0..<random.below(6)).map { _ in random.pick(characters) }.joined()
      func parse(_ line: String) -> Result<IdempotencyKey?, KeyError> {
        Result { () throws(KeyError) in try KeyParser().parse(fieldLines: [line]) }
      }
      // The parameter sends it the long way; what is broken, or a list, is so either way.
      let (short, long) = (parse("\"\(inner)\""), parse("\"\(inner)\";a"))
      #expect(short == long, "\(inner.debugDescription)")
      if case .success = short { accepted += 1 }
    }
    #expect(accepted > 500)
  }

  @Test("K4 bare and quoted spell the same key", arguments: ["k", uuid, "a;b", "abc def"])
  func sameKey(key: String) throws {
    let bare = try KeyParser().parse(fieldLines: [key])
    #expect(try KeyParser().parse(fieldLines: ["\"\(key)\""]) == bare)
  }

  @Test("K5 a bare value with a comma is malformed", arguments: ["a,b", "a, b", ",", "a,", ",a", "k, \"l\"", "(a, b)"])
  func bareComma(line: String) {
    #expect(throws: KeyError.self) { try KeyParser().parse(fieldLines: [line]) }
  }

  @Test(
    "K6 two field lines are refused, equal ones too, never joined",
    arguments: [["a", "b"], ["a", "a"], ["\"a\"", "\"a\""], ["a", ""], ["\"a", "b\""]])
  func twoLines(lines: [String]) {
    #expect(throws: KeyError.self) { try KeyParser().parse(fieldLines: lines) }
  }

  @Test("K6 a list of two is refused", arguments: [#""a", "b""#, #""a","a""#, #""a", b"#, #""a";x=1, "b""#])
  func listOfTwo(line: String) {
    #expect(throws: KeyError.self) { try KeyParser().parse(fieldLines: [line]) }
  }

  @Test("K7 empty and blank keys are refused", arguments: ["", " ", "\t \t", #""""#, #""  ""#, #""";a=1"#])
  func empty(line: String) {
    #expect(throws: KeyError.self) { try KeyParser().parse(fieldLines: [line]) }
  }

  @Test("K8 255 bytes after decoding are a key, 256 are not")
  func length() throws {
    let longest = String(repeating: "k", count: 255)
    #expect(try KeyParser().parse(fieldLines: [longest])?.text == longest)
    #expect(try KeyParser().parse(fieldLines: ["\"\(longest)\""])?.text == longest)
    let escaped = String(repeating: #"\\"#, count: 255)
    #expect(try KeyParser().parse(fieldLines: ["\"\(escaped)\""])?.text.utf8.count == 255)
    #expect(throws: KeyError.self) { try KeyParser().parse(fieldLines: [longest + "k"]) }
    #expect(throws: KeyError.self) { try KeyParser().parse(fieldLines: ["\"\(longest)k\""]) }
  }

  @Test("K9 control and non-ASCII bytes are refused", arguments: ["a\u{0}b", "a\tb", "a\u{7F}", "é", "k\u{FFFD}", "🔑"])
  func bytes(line: String) {
    #expect(throws: KeyError.self) { try KeyParser().parse(fieldLines: [line]) }
  }

  @Test(
    "K11 the reason never holds the key",
    arguments: [["secret,x"], ["\"secret"], ["secreté"], ["secret", "secret"]])
  func reason(lines: [String]) {
    let error = #expect(throws: KeyError.self) { try KeyParser(format: .uuid).parse(fieldLines: lines) }
    #expect(error?.reason.contains("secret") == false)
  }
}

import Idempotency
import NIOCore
import Testing

@Suite("Canonical JSON")
struct CanonicalJSONTests {
  private func canonical(
    _ text: String, fields: [String] = [], ignore: [String] = []
  ) throws -> String {
    String(
      decoding: try CanonicalJSON.bytes(
        of: ByteBuffer(string: text), fields: fields.map { try JSONPointer($0) },
        ignore: ignore.map { try JSONPointer($0) }),
      as: UTF8.self)
  }

  @Test(
    "F4 numbers are exact decimals",
    arguments: [
      ("1", "1"), ("1.0", "1"), ("1e0", "1"), ("10e-1", "1"), ("0.1E+1", "1"), ("1000e-003", "1"), ("100", "1e2"),
      ("0.5", "5e-1"), ("-0.50", "-5e-1"), ("0", "0"), ("-0", "0"), ("0.000", "0"), ("-0e-5", "0"),
      ("0e99999999999999999999999", "0"), ("9007199254740993", "9007199254740993"), ("1.05", "105e-2"),
      ("9007199254740992", "9007199254740992"), ("1e400", "1e400"), ("1e-400", "1e-400"), ("0.0010", "1e-3"),
      ("1e0000000000000000000000000000007", "1e7"), ("10e999999999999999999", "1e1000000000000000000"),
      ("12300.4500e2", "1230045"),
    ])
  func numbers(text: String, expected: String) throws {
    #expect(try canonical(text) == expected)
    #expect(try canonical("[\(text) ]") == "[\(expected)]")
  }

  @Test(
    "F4 what is no JSON number is refused",
    arguments: ["01", "-", "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x10", "NaN", "Infinity", "-01", "1 2", "00", "--1"])
  func badNumbers(text: String) {
    #expect(throws: JSONError.self) { try canonical(text) }
  }

  @Test("F4 an exponent beyond 18 digits is refused without being written out", arguments: ["", "-"])
  func hugeExponent(sign: String) {
    let error = #expect(throws: JSONError.self) { try canonical("1e\(sign)1000000000000000000") }
    #expect(error?.reason == .exponent)
  }

  @Test(
    "F4 strings compare after unescaping, without normalisation",
    arguments: [
      (#""a\/b""#, #""a/b""#), (#""\u0041""#, #""A""#), (#""\u00e9""#, "\"\u{E9}\""), ("\"e\u{301}\"", "\"e\u{301}\""),
      (#""\ud83d\udd11""#, "\"🔑\""), (#""\uD83D\uDD11""#, "\"🔑\""), (#""\"\\""#, #""\"\\""#),
      (#""\b\f\n\r\t\u0000""#, #""\u0008\u000c\u000a\u000d\u0009\u0000""#),
      ("\"\u{7F}\u{10FFFF}\"", "\"\u{7F}\u{10FFFF}\""),
    ])
  func strings(text: String, expected: String) throws {
    #expect(try Array(canonical(text).utf8) == Array(expected.utf8))
  }

  @Test(
    "F4 what is no JSON string is refused",
    arguments: [
      (#"""#, JSONError.Reason.syntax), (#""a"#, .syntax), (#""\x""#, .syntax), (#""\u12""#, .syntax),
      (#""\"#, .syntax), ("\"\n\"", .syntax), (#""\ud800""#, .loneSurrogate), (#""\ud800\n""#, .loneSurrogate),
      (#""\udc00""#, .loneSurrogate), (#""\ud800\ud800""#, .loneSurrogate), (#""\ud800\u0041""#, .loneSurrogate),
      ("'a'", .syntax), (#""\u+123""#, .syntax),
    ])
  func badStrings(text: String, reason: JSONError.Reason) {
    #expect(#expect(throws: JSONError.self) { try canonical(text) }?.reason == reason)
  }

  @Test(
    "F4 invalid UTF-8 is refused",
    arguments: [
      [0x80], [0xC0, 0xAF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82],
      [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xF0, 0x9F, 0x94],
      [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x28, 0x91],
    ] as [[UInt8]])
  func badEncoding(bytes: [UInt8]) {
    for end in [[0x22], []] as [[UInt8]] {
      let error = #expect(throws: JSONError.self) {
        try CanonicalJSON.bytes(of: ByteBuffer(bytes: [0x22] + bytes + end))
      }
      #expect(error?.reason == .encoding)
    }
  }

  @Test("F4 every scalar goes through as it is")
  func everyScalar() throws {
    let text = String(
      String.UnicodeScalarView((0x80...0x10FFFF).lazy.filter { $0 % 251 == 0 }.compactMap { Unicode.Scalar($0) }))
    #expect(try Array(canonical("\"\(text)\"").utf8) == Array("\"\(text)\"".utf8))
  }

  @Test(
    "F4 members are sorted by the bytes of their unescaped names, white space goes",
    arguments: [
      (#"{ "b" : 1 , "a" : [ true , null , false , { } , [ ] ] }"#, #"{"a":[true,null,false,{},[]],"b":1}"#),
      (#"{"b":{"d":1,"c":2},"a":0}"#, #"{"a":0,"b":{"c":2,"d":1}}"#),
      (#"{"":1,"\u0001":2,"!":3}"#, #"{"":1,"\u0001":2,"!":3}"#),
      (#"{"\\":1,"\"":2,"a":3}"#, #"{"\"":2,"\\":1,"a":3}"#), ("\t\r\n {} \n", "{}"),
      (#"{"é":1,"z":2,"aa":3,"a":4}"#, #"{"a":4,"aa":3,"z":2,"é":1}"#),
    ])
  func objects(text: String, expected: String) throws {
    #expect(try canonical(text) == expected)
  }

  @Test(
    "F4 duplicate members are refused, after unescaping, at any depth, ignored ones too",
    arguments: [#"{"a":1,"a":1}"#, #"{"a":1,"b":2,"\u0061":3}"#, #"[{"x":{"a":1,"a":2}}]"#, #"{"i":1,"i":2}"#])
  func duplicates(text: String) {
    let error = #expect(throws: JSONError.self) { try canonical(text, ignore: ["/i"]) }
    #expect(error?.reason == .duplicateMember)
  }

  @Test("F4 names of one normal form are different members")
  func unnormalisedNames() throws {
    #expect(try canonical("{\"\u{E9}\":1,\"e\u{301}\":2}").utf8.count == "{\"\u{E9}\":1,\"e\u{301}\":2}".utf8.count)
  }

  @Test(
    "F4 what is not JSON is refused",
    arguments: [
      "", " ", "{", "[", "[1", "[1,", "[1,]", "[,]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, "tru",
      "True", "nulll", "[1]]", "{}x", "\u{FEFF}{}", "[1 2]", #"{"a":1 "b":2}"#, "// x", "\u{0}", "[\u{0}]", "undefined",
      "[1}",
    ])
  func invalid(text: String) {
    #expect(throws: JSONError.self) { try canonical(text) }
  }

  @Test("F4 nesting is bounded")
  func depth() throws {
    let limit = CanonicalJSON.maximumDepth
    func nested(_ count: Int) -> String { String(repeating: "[", count: count) + String(repeating: "]", count: count) }
    #expect(try canonical(nested(limit)) == nested(limit))
    #expect(#expect(throws: JSONError.self) { try canonical(nested(limit + 1)) }?.reason == .depth)
    let objects = String(repeating: "{\"a\":", count: 1_000_000)
    #expect(#expect(throws: JSONError.self) { try canonical(objects) }?.reason == .depth)
  }
}

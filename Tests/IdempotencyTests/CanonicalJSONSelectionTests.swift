import Idempotency
import NIOCore
import Testing

@Suite("Canonical JSON: fields and ignore")
struct CanonicalJSONSelectionTests {
  private func bytes(_ text: String, fields: [String] = [], ignore: [String] = []) throws -> [UInt8] {
    try CanonicalJSON.bytes(
      of: ByteBuffer(string: text), fields: fields.map { try JSONPointer($0) },
      ignore: ignore.map { try JSONPointer($0) })
  }

  @Test("F4 fields: only these pointers count, in whatever order the members come")
  func fields() throws {
    let fields = ["/amount", "/to/iban"]
    let first = try bytes(#"{"amount":1,"to":{"iban":"x","name":"A"},"at":7}"#, fields: fields)
    #expect(try bytes(#"{"to":{"name":"B","iban":"x"},"amount":1.0}"#, fields: fields) == first)
    #expect(try bytes(#"{"to":{"iban":"y"},"amount":1}"#, fields: fields) != first)
    #expect(try bytes(#"{"to":{"iban":1},"amount":"x"}"#, fields: fields) != first)
  }

  @Test("F4 fields: an absent pointer is a value of its own")
  func absent() throws {
    let texts = [#"{}"#, #"{"a":null}"#, #"{"a":""}"#, #"{"a":0}"#, #"{"a":false}"#, #"{"a":{}}"#]
    let all = try texts.map { try bytes($0, fields: ["/a"]) }
    #expect(Set(all).count == texts.count)
    #expect(try bytes("[]", fields: ["/a"]) == all[0])
  }

  @Test("F4 fields: the result is the frame of pointer and value")
  func frame() throws {
    let expected: [UInt8] = [0, 0, 0, 2, 0x2F, 0x61, 0, 0, 0, 1, 0x31, 0, 0, 0, 2, 0x2F, 0x62, 0xFF, 0xFF, 0xFF, 0xFF]
    #expect(try bytes(#"{"a":1.0}"#, fields: ["/a", "/b"]) == expected)
  }

  @Test("F4 fields: elements by index, the whole document, and one pointer inside another")
  func places() throws {
    #expect(try bytes(#"{"a":[5,{"b":6}]}"#, fields: ["/a/1/b"]).suffix(1) == [0x36])
    #expect(try bytes("[1]", fields: [""]).suffix(3) == Array("[1]".utf8))
    #expect(try bytes("[1]", fields: ["/-", "/01", "/1"]).filter { $0 == 0xFF }.count == 12)
    #expect(try bytes(#"{"0":1}"#, fields: ["/0"]).last == 0x31)
    let inside = ["/a", "/a/b", "/a"]
    #expect(try bytes(#"{"a":{"b":1,"c":2}}"#, fields: inside) != bytes(#"{"a":{"b":1,"c":3}}"#, fields: inside))
  }

  @Test(
    "F4 ignore: members and elements are left out",
    arguments: [
      (#"{"a":1,"t":2}"#, ["/t"], #"{"a":1}"#), (#"{"t":[1,{"x":[]}]}"#, ["/t"], "{}"),
      (#"{"a":1}"#, ["/t"], #"{"a":1}"#),
      (#"[1,2,3]"#, ["/0", "/2"], "[2]"), (#"[1,2,3]"#, ["/0", "/1", "/2"], "[]"),
      (#"{"a":{"t":1,"b":2}}"#, ["/a/t"], #"{"a":{"b":2}}"#),
      (#"[{"t":1},{"t":2}]"#, ["/1/t"], #"[{"t":1},{}]"#), (#"{"a":1}"#, [""], ""),
      (#"{"~/":1,"b":2}"#, ["/~0~1"], #"{"b":2}"#),
    ])
  func ignore(text: String, pointers: [String], expected: String) throws {
    #expect(try String(decoding: bytes(text, ignore: pointers), as: UTF8.self) == expected)
  }

  @Test("F4 ignore wins over fields, and indices are those of the document as it came")
  func both() throws {
    let all = try bytes(#"{"a":{"b":1,"t":2}}"#, fields: ["/a"], ignore: ["/a/t"])
    #expect(try bytes(#"{"a":{"b":1,"t":3}}"#, fields: ["/a"], ignore: ["/a/t"]) == all)
    #expect(try bytes("[7,8]", fields: ["/1"], ignore: ["/0"]) == bytes("[9,8]", fields: ["/1"]))
    #expect(try bytes(#"{"a":{"b":1}}"#, fields: ["/a/b"], ignore: ["/a"]) == bytes("{}", fields: ["/a/b"]))
  }

  @Test(
    "F4 what is ignored must still be JSON", arguments: [#"{"t":01}"#, #"{"t":{"x":1,"x":1}}"#, #"{"t":"\ud800"}"#])
  func ignoredIsParsed(text: String) {
    #expect(throws: JSONError.self) { try bytes(text, ignore: ["/t"]) }
  }
}

import Testing

@testable import Idempotency

@Suite("W8: values picked out of JSON")
struct JSONPickerTests {
  private func values(_ names: [String], _ text: String) throws -> [JSONPicker.Value?] {
    try JSONPicker(names.map { JSONPointer(member: $0) }).values(in: Array(text.utf8))
  }

  @Test("W8 each value as what it is, numbers exactly, texts without their escapes")
  func values() throws {
    let text = #"""
      {"a": null, "b": true, "c": false, "d": -1.50e3, "e": "x\u00e9\n", "f": ["a", "b\"]"], "g": [], "h": ["a", 1],
      "i": {"a": "b"}, "j": [["a"]], "k": 9007199254740993}
      """#
    let found = try values(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"], text)
    let expected: [JSONPicker.Value?] = [
      .null, .bool(true), .bool(false), .number("-15e2"), .string("x\u{E9}\n"), .strings(["a", "b\"]"]), .strings([]),
      .other, .other, .other, .number("9007199254740993"), nil,
    ]
    #expect(found == expected)
  }

  @Test("W8 a member's name is one step, whatever is in it; only the outermost object counts")
  func names() throws {
    for name in ["a/b", "~", "~1", "/", "", "0", "caf\u{E9}"] {
      #expect(try values([name], #"{"\#(name)":1}"#) == [.number("1")], "\(name)")
    }
    #expect(try values(["a"], #"{"b":{"a":1}}"#) == [nil])
    #expect(try values(["0"], #"["a"]"#) == [.string("a")])
    #expect(try values(["a"], "7") == [nil])
    // Another spelling of the same letter is another name.
    #expect(try values(["caf\u{E9}"], #"{"cafe\#u{301}":1}"#) == [nil])
  }

  @Test(
    "W8 what two readers could read in two ways is refused",
    arguments: [
      #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":1}"#, #"{"a":"\ud800"}"#, "{", "", "{} x", #"{"a":01}"#, "\u{FEFF}{}",
    ])
  func refused(_ text: String) {
    #expect(throws: JSONError.self) { try values(["a"], text) }
  }
}

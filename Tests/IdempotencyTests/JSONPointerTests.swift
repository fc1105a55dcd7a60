import Idempotency
import NIOCore
import Testing

@Suite("JSON pointer")
struct JSONPointerTests {
  private static let document = #"""
    {"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}
    """#

  /// The value at a pointer: what follows the pointer and the value's length in the frame.
  private func value(_ pointer: String) throws -> String? {
    let bytes = try CanonicalJSON.bytes(of: ByteBuffer(string: Self.document), fields: [JSONPointer(pointer)])
    let rest = bytes.dropFirst(4 + pointer.utf8.count)
    return rest.elementsEqual([0xFF, 0xFF, 0xFF, 0xFF]) ? nil : String(decoding: rest.dropFirst(4), as: UTF8.self)
  }

  @Test(
    "the examples of RFC 6901 section 5",
    arguments: [
      ("/foo", #"["bar","baz"]"#), ("/foo/0", #""bar""#), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"),
      ("/g|h", "4"), (#"/i\j"#, "5"), (#"/k"l"#, "6"), ("/ ", "7"), ("/m~0n", "8"), ("/foo/1", #""baz""#),
    ])
  func examples(pointer: String, expected: String) throws {
    #expect(try value(pointer) == expected)
  }

  @Test(
    "what a pointer does not hit is absent",
    arguments: ["/x", "/foo/2", "/foo/-", "/foo/00", "/foo/0/x", "/foo/", "//", "/FOO"])
  func absent(pointer: String) throws {
    #expect(try value(pointer) == nil)
  }

  @Test(
    "what is no pointer is refused",
    arguments: zip(["foo", "#/foo", "/~", "/a~2", "/~~0"], [true, true, false, false, false]))
  func malformed(text: String, isPrefix: Bool) {
    let error = #expect(throws: JSONPointerError.self) { try JSONPointer(text) }
    #expect(error == (isPrefix ? .noLeadingSlash : .badEscape))
  }

  @Test("~01 is ~1, not a slash; pointers compare byte for byte")
  func escapes() throws {
    #expect(try JSONPointer("/~01") != JSONPointer("/~1"))
    #expect(try JSONPointer("/\u{E9}") != JSONPointer("/e\u{301}"))
    #expect(try JSONPointer("/a").description == "/a")
  }
}

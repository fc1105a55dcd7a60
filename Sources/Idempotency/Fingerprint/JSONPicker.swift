/// Picks values out of JSON documents with the reader that fingerprints are made with.
///
/// What two readers could read in two ways is no document here: duplicate members, bytes that are no UTF-8, half a
/// surrogate pair. Names and texts are compared and given byte for byte.
package struct JSONPicker: Sendable {
  /// One value.
  package enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    /// Its canonical spelling: sign, digits, and behind `e` the exponent, if it has one.
    case number(String)
    case string(String)
    /// An array of nothing but strings.
    case strings([String])
    /// An object, or another array.
    case other
  }

  private let selection: JSONSelection

  /// Makes a picker.
  /// - Parameter pointers: Where the values stand.
  package init(_ pointers: [JSONPointer]) {
    selection = JSONSelection(fields: pointers)
  }

  /// Reads a document.
  ///
  /// - Parameter document: The document, nothing but it and white space.
  /// - Returns: For each pointer, in order, the value at it; nil where there is none.
  /// - Throws: ``JSONError`` for anything but valid JSON, as for bodies.
  package func values(in document: [UInt8]) throws(JSONError) -> [Value?] {
    var parser = CanonicalJSONParser(input: document, selection: selection)
    try parser.parseDocument()
    return parser.captured.map { $0.map(Value.init(canonical:)) }
  }
}

extension JSONPointer {
  /// Names the member of the outermost object that has this name, in which no byte is special.
  package init(member name: String) {
    let bytes = Array(name.utf8)
    let escaped = bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "~"): Array("~0".utf8)
      case UInt8(ascii: "/"): Array("~1".utf8)
      default: [byte]
      }
    }
    description = "/" + String(decoding: escaped, as: UTF8.self)
    tokens = [Token(name: bytes)]
  }
}

extension JSONPicker.Value {
  /// Reads a value in its canonical spelling.
  init(canonical text: [UInt8]) {
    switch text.first {
    case UInt8(ascii: "n"): self = .null
    case UInt8(ascii: "t"): self = .bool(true)
    case UInt8(ascii: "f"): self = .bool(false)
    case UInt8(ascii: "\""): self = CanonicalJSONParser.string(ofCanonical: text).map { .string($0) } ?? .other
    case UInt8(ascii: "["): self = Self.strings(canonical: text).map { .strings($0) } ?? .other
    case UInt8(ascii: "{"): self = .other
    default: self = .number(String(decoding: text, as: UTF8.self))
    }
  }

  private static func strings(canonical text: [UInt8]) -> [String]? {
    var parser = CanonicalJSONParser(input: text)
    var strings: [String] = []
    parser.position = 1
    while parser.peek() != UInt8(ascii: "]") {
      guard parser.peek() == UInt8(ascii: "\"") else { return nil }
      do { try parser.parseString() } catch { return nil }
      strings.append(String(decoding: parser.text, as: UTF8.self))
      if parser.peek() == UInt8(ascii: ",") { parser.position += 1 }
    }
    return strings
  }
}

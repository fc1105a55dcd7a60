extension CanonicalJSONParser {
  /// Reads a string into ``text``, unescaped.
  mutating func parseString() throws(JSONError) {
    text.removeAll(keepingCapacity: true)
    position += 1
    while true {
      let start = position
      while position < input.count, Self.isPlain(input[position]) { position += 1 }
      text.append(contentsOf: input[start..<position])
      switch peek() {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"): try parseEscape()
      case 0x80...0xFF: try parseMultibyte()
      default: throw failure(.syntax)
      }
    }
  }

  /// A byte that stands for itself both in a JSON text and in the canonical form.
  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x20...0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// Reads one character of two to four bytes: the well-formed sequences of Unicode, table 3-7.
  private mutating func parseMultibyte() throws(JSONError) {
    let (length, second): (Int, ClosedRange<UInt8>) =
      switch input[position] {
      case 0xC2...0xDF: (2, 0x80...0xBF)
      case 0xE0: (3, 0xA0...0xBF)
      case 0xED: (3, 0x80...0x9F)
      case 0xE1...0xEF: (3, 0x80...0xBF)
      case 0xF0: (4, 0x90...0xBF)
      case 0xF1...0xF3: (4, 0x80...0xBF)
      case 0xF4: (4, 0x80...0x8F)
      default: throw failure(.encoding)
      }
    guard position + length <= input.count, second.contains(input[position + 1]),
      input[position + 2..<position + max(length, 2)].allSatisfy({ $0 & 0xC0 == 0x80 })
    else { throw failure(.encoding) }
    text.append(contentsOf: input[position..<position + length])
    position += length
  }

  private mutating func parseEscape() throws(JSONError) {
    position += 1
    let escape = peek()
    position += 1
    switch escape {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): try parseUnicodeEscape()
    default:
      position -= 1
      throw failure(.syntax)
    }
  }

  /// Reads the digits of a Unicode escape, and of a second one where they are a surrogate pair.
  ///
  /// Half a pair is refused: there is no UTF-8 for it, and readers disagree about what to put in its place.
  private mutating func parseUnicodeEscape() throws(JSONError) {
    var code = try parseHex4()
    if (0xD800...0xDBFF).contains(code) {
      guard peek() == UInt8(ascii: "\\"), position + 1 < input.count, input[position + 1] == UInt8(ascii: "u")
      else { throw failure(.loneSurrogate) }
      position += 2
      let low = try parseHex4()
      guard (0xDC00...0xDFFF).contains(low) else { throw failure(.loneSurrogate) }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw failure(.loneSurrogate) }
    text.append(contentsOf: UTF8.encode(scalar)!)
  }

  private mutating func parseHex4() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = PercentEncoding.hexValue(peek()) else { throw failure(.syntax) }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  /// Writes a string in canonical form.
  mutating func writeString(_ text: ArraySlice<UInt8>) {
    output.append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case 0..<0x20:
        output.append(contentsOf: "\\u00".utf8)
        output.append(0x30 + byte >> 4)
        output.append(byte & 0x0F < 10 ? 0x30 + byte & 0x0F : 0x61 + byte & 0x0F - 10)
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  /// The text of a canonical value that is a string, nil for any other.
  static func string(ofCanonical value: [UInt8]) -> String? {
    guard value.first == UInt8(ascii: "\"") else { return nil }
    var parser = CanonicalJSONParser(input: value)
    do { try parser.parseString() } catch { return nil }
    return String(decoding: parser.text, as: UTF8.self)
  }
}

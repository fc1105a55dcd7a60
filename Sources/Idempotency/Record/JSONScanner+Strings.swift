extension JSONScanner {
  /// Reads a string and undoes its escapes; invalid UTF-8, raw control characters and lone surrogates are refused.
  mutating func string() throws(RecordError) -> String {
    try expect(UInt8(ascii: "\""))
    let start = position
    var bits: UInt8 = 0
    while position < bytes.count, case let byte = bytes[position], JSONEscape.isPlain(byte) {
      bits |= byte
      position += 1
    }
    guard position < bytes.count else { throw .unreadable }
    let plain = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    if bytes[position] == UInt8(ascii: "\"") {
      position += 1
      if bits < 0x80 { return String(decoding: plain, as: UTF8.self) }
      guard let text = String(validating: plain.assumingMemoryBound(to: UInt8.self), as: UTF8.self) else {
        throw .unreadable
      }
      return text
    }
    return try escapedString(after: plain)
  }

  private mutating func escapedString(after plain: UnsafeRawBufferPointer) throws(RecordError) -> String {
    var text = Array(plain)
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard let text = String(validating: text, as: UTF8.self) else { throw .unreadable }
        return text
      } else if byte == UInt8(ascii: "\\") {
        try unescape(into: &text)
      } else if JSONEscape.isPlain(byte) {
        text.append(byte)
      } else {
        throw .unreadable
      }
    }
    throw .unreadable
  }

  private mutating func unescape(into text: inout [UInt8]) throws(RecordError) {
    guard position < bytes.count else { throw .unreadable }
    let letter = bytes[position]
    position += 1
    switch letter {
    case 0x22, 0x5C, 0x2F: text.append(letter)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: Array(String(try scalar()).utf8))
    default: throw .unreadable
    }
  }

  /// One or, for a surrogate pair, two `\uXXXX` whose first `\u` is consumed.
  private mutating func scalar() throws(RecordError) -> Unicode.Scalar {
    let first = try codeUnit()
    guard UTF16.isLeadSurrogate(first) else {
      guard let scalar = Unicode.Scalar(first) else { throw .unreadable }
      return scalar
    }
    try word("\\u")
    let second = try codeUnit()
    guard UTF16.isTrailSurrogate(second) else { throw .unreadable }
    return UTF16.decode(UTF16.EncodedScalar([first, second]))
  }

  private mutating func codeUnit() throws(RecordError) -> UInt16 {
    guard position + 4 <= bytes.count else { throw .unreadable }
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else { throw .unreadable }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }
}

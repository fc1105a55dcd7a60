/// Percent-encoding as RFC 3986 section 2 has it; upper-case hexadecimal on the way out, either case on the way in.
enum PercentEncoding {
  /// Whether a byte is unreserved: `[A-Za-z0-9._~-]` (RFC 3986 section 2.3).
  static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
    default: false
    }
  }

  /// The value of a hexadecimal digit of either case.
  static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// The byte that stands encoded at an index, nil when no whole `%XX` stands there.
  static func octet<Bytes: Collection<UInt8>>(in bytes: Bytes, at index: Bytes.Index) -> UInt8? {
    guard bytes[index] == UInt8(ascii: "%"),
      let first = bytes.index(index, offsetBy: 1, limitedBy: bytes.endIndex), first != bytes.endIndex,
      let second = bytes.index(index, offsetBy: 2, limitedBy: bytes.endIndex), second != bytes.endIndex,
      let high = hexValue(bytes[first]), let low = hexValue(bytes[second])
    else { return nil }
    return high << 4 | low
  }

  /// Appends `%XX`.
  static func appendEncoded(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "%"))
    output.append(upperHexDigit(byte >> 4))
    output.append(upperHexDigit(byte & 0x0F))
  }

  /// Encodes every byte that is not unreserved; the text itself when there is none.
  static func encode(_ text: String) -> String {
    guard !text.utf8.allSatisfy(isUnreserved) else { return text }
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count + 32)
    for byte in text.utf8 {
      if isUnreserved(byte) { output.append(byte) } else { appendEncoded(byte, to: &output) }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Decodes every `%XX`, nil when a `%` is not followed by two hexadecimal digits or the bytes are not UTF-8.
  static func decode(_ text: String) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count)
    let bytes = text.utf8
    var index = bytes.startIndex
    while index != bytes.endIndex {
      if bytes[index] != UInt8(ascii: "%") {
        output.append(bytes[index])
        index = bytes.index(after: index)
      } else {
        guard let byte = octet(in: bytes, at: index) else { return nil }
        output.append(byte)
        index = bytes.index(index, offsetBy: 3)
      }
    }
    return String(validating: output, as: UTF8.self)
  }

  private static func upperHexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? 0x30 + nibble : 0x41 + nibble - 10
  }
}

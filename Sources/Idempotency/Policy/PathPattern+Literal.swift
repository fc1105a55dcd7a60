extension PathPattern {
  /// Whether a segment of a path is this literal.
  static func equal(
    _ segment: some Collection<UInt8>, _ literal: [UInt8], decoding: Bool, caseSensitive: Bool
  ) -> Bool {
    var index = segment.startIndex
    for expected in literal {
      guard index != segment.endIndex else { return false }
      let byte = nextByte(of: segment, at: &index, decoding: decoding)
      guard byte == expected || !caseSensitive && lowerCase(byte) == lowerCase(expected) else { return false }
    }
    return index == segment.endIndex
  }

  /// The byte at an index, which is moved behind it; `%XX` is one byte where it is decoded.
  static func nextByte<Bytes: Collection<UInt8>>(
    of segment: Bytes, at index: inout Bytes.Index, decoding: Bool
  ) -> UInt8 {
    if decoding, let octet = PercentEncoding.octet(in: segment, at: index) {
      segment.formIndex(&index, offsetBy: 3)
      return octet
    }
    defer { segment.formIndex(after: &index) }
    return segment[index]
  }

  static func lowerCase(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }
}

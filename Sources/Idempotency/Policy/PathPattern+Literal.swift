extension PathPattern {
  /// Whether a segment of a path is this literal.
  static func equal(
    _ segment: some Collection<UInt8>, _ literal: [UInt8], decoding: Bool, caseSensitive: Bool
  ) -> Bool {
    var index = segment.startIndex
    for expected in literal {
      guard index != segment.endIndex else { return false }
      var byte = segment[index]
      if decoding, let octet = PercentEncoding.octet(in: segment, at: index) {
        byte = octet
        segment.formIndex(&index, offsetBy: 3)
      } else {
        segment.formIndex(after: &index)
      }
      guard byte == expected || !caseSensitive && lowerCase(byte) == lowerCase(expected) else { return false }
    }
    return index == segment.endIndex
  }

  static func lowerCase(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }
}

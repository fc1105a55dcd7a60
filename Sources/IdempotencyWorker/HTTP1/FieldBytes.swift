/// What kinds of bytes the grammar of HTTP/1.x knows (RFC 9110 section 5.6, RFC 9112).
enum FieldBytes {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20

  /// Whether a byte may be in a field's value or a reason phrase: a visible one, a blank, a tab, or one above ASCII.
  static func isText(_ byte: UInt8) -> Bool { byte >= space && byte != 0x7F || byte == tab }

  /// The first byte that no line's text may have, at `start` or behind it; the count where there is none.
  ///
  /// Eight at a time: every byte of every head is looked at here.
  static func firstControl(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    while true {
      index = firstBelowSpaceOrDelete(bytes, from: index)
      guard index < bytes.count, bytes[index] == tab else { return index }
      index += 1
    }
  }

  private static func firstBelowSpaceOrDelete(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var index = start
    while index + 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let deletes = word ^ (ones &* 0x7F)
      // The subtractions may mark later bytes wrongly, never the first that is marked or one before it.
      let found = ((word &- ones &* 0x20) & ~word | (deletes &- ones) & ~deletes) & highs
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < bytes.count, bytes[index] >= space, bytes[index] != 0x7F { index += 1 }
    return index
  }
}

/// Sixty-four bits as sixteen lower-case hexadecimal digits.
///
/// By hand, because it stands on the hot path and Foundation's formatting allocates.
enum Hexadecimal {
  /// Digits of one 64-bit half of a token or fingerprint.
  static let digitCount = 16

  /// Writes `value` as sixteen digits at `offset` of `target`.
  static func write(_ value: UInt64, to target: UnsafeMutableRawBufferPointer, at offset: Int) {
    for index in 0..<digitCount {
      let nibble = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 0xF
      target[offset + index] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
    }
  }

  /// Reads sixteen digits at `offset` of `source`; nil unless all of them are there and lower-case.
  static func read(_ source: UnsafeRawBufferPointer, at offset: Int) -> UInt64? {
    guard source.count >= offset + digitCount else { return nil }
    var value: UInt64 = 0
    for index in 0..<digitCount {
      let nibble: UInt8
      switch source[offset + index] {
      case let digit where digit >= 0x30 && digit <= 0x39: nibble = digit - 0x30
      case let digit where digit >= 0x61 && digit <= 0x66: nibble = digit - 0x57
      default: return nil
      }
      value = value << 4 | UInt64(nibble)
    }
    return value
  }

  /// The 32 digits of a 128-bit value.
  static func text(high: UInt64, low: UInt64) -> String {
    String(unsafeUninitializedCapacity: 2 * digitCount) { target in
      write(high, to: UnsafeMutableRawBufferPointer(target), at: 0)
      write(low, to: UnsafeMutableRawBufferPointer(target), at: digitCount)
      return 2 * digitCount
    }
  }

  /// The 128 bits of exactly 32 lower-case digits, else nil.
  static func halves(of text: some StringProtocol) -> (high: UInt64, low: UInt64)? {
    guard text.utf8.count == 2 * digitCount else { return nil }
    return Array(text.utf8).withUnsafeBytes { bytes in
      guard let high = read(bytes, at: 0), let low = read(bytes, at: digitCount) else { return nil }
      return (high, low)
    }
  }
}

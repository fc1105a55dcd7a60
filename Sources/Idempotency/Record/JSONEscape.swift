/// What a byte of a JSON string becomes.
enum JSONEscape {
  /// The second character of a two-character escape; nil if `byte` has none.
  static func letter(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x22, 0x5C: byte
    case 0x08: 0x62
    case 0x09: 0x74
    case 0x0A: 0x6E
    case 0x0C: 0x66
    case 0x0D: 0x72
    default: nil
    }
  }

  /// Whether `byte` may stand as it is.
  static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x22 && byte != 0x5C }

  /// The most bytes that one byte takes: `\u0001`.
  static let maximumByteCount = 6
}

/// Where a line of JSON goes: into a buffer, or into a count of the bytes it would take.
///
/// One writer drives both, so the announced length cannot differ from what is written.
protocol JSONSink {
  /// Takes punctuation and member names, which need no escape.
  mutating func literal(_ text: StaticString)
  /// Takes a number.
  mutating func integer(_ value: Int64)
  /// Takes a string, to be quoted and escaped.
  mutating func string(_ value: String)
}

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

  /// The most bytes that one byte takes.
  static let maximumByteCount = 6

  /// How many bytes `byte` takes: 1, 2 (`\n`) or 6 (`\u0001`).
  static func byteCount(_ byte: UInt8) -> Int { isPlain(byte) ? 1 : letter(byte) == nil ? 6 : 2 }
}

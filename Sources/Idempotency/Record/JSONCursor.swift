/// Writes a line of JSON into memory that has room for it.
struct JSONCursor {
  private let target: UnsafeMutableRawBufferPointer
  /// The bytes written so far.
  private(set) var count = 0

  /// Begins to write.
  ///
  /// - Parameter target: Room enough; a write beyond it is a precondition failure in every build.
  init(_ target: UnsafeMutableRawBufferPointer) {
    self.target = target
  }

  /// Takes punctuation and member names, which need no escape.
  mutating func literal(_ text: StaticString) {
    copy(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Takes a number.
  mutating func integer(_ value: Int64) {
    precondition(target.count - count >= Decimal.byteCount(value))
    count += Decimal.write(value, to: UnsafeMutableRawBufferPointer(rebasing: target[count...]))
  }

  /// Takes a string, to be quoted and escaped.
  mutating func string(_ value: String) {
    var value = value
    byte(UInt8(ascii: "\""))
    value.withUTF8 { bytes in
      if bytes.allSatisfy(JSONEscape.isPlain) {
        copy(UnsafeRawBufferPointer(bytes))
      } else {
        for byte in bytes { escaped(byte) }
      }
    }
    byte(UInt8(ascii: "\""))
  }

  private mutating func escaped(_ value: UInt8) {
    if JSONEscape.isPlain(value) {
      byte(value)
    } else if let letter = JSONEscape.letter(value) {
      byte(UInt8(ascii: "\\"))
      byte(letter)
    } else {
      literal("\\u00")
      for digit in [value >> 4, value & 0xF] { byte(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }
  }

  private mutating func byte(_ byte: UInt8) {
    precondition(count < target.count)
    target[count] = byte
    count += 1
  }

  private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
    precondition(target.count - count >= bytes.count)
    guard let source = bytes.baseAddress, let start = target.baseAddress else { return }
    (start + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }
}

internal import NIOCore

/// Writes a line of JSON into a buffer.
struct JSONBuffer: JSONSink {
  /// What was written so far.
  var buffer: ByteBuffer

  mutating func literal(_ text: StaticString) { buffer.writeStaticString(text) }

  mutating func integer(_ value: Int64) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Decimal.maximumByteCount) { target in
      Decimal.write(value, to: target)
    }
  }

  mutating func string(_ value: String) {
    buffer.writeInteger(UInt8(ascii: "\""))
    if value.utf8.allSatisfy(JSONEscape.isPlain) {
      buffer.writeString(value)
    } else {
      for byte in value.utf8 { escaped(byte) }
    }
    buffer.writeInteger(UInt8(ascii: "\""))
  }

  private mutating func escaped(_ byte: UInt8) {
    if JSONEscape.isPlain(byte) {
      buffer.writeInteger(byte)
    } else if let letter = JSONEscape.letter(byte) {
      buffer.writeBytes([UInt8(ascii: "\\"), letter])
    } else {
      buffer.writeStaticString("\\u00")
      for digit in [byte >> 4, byte & 0xF] { buffer.writeInteger(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }
  }
}

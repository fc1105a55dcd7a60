public import NIOCore

/// The types that arguments come in.
extension RESPCommandWriter {
  /// Writes a bulk string of text known at compile time.
  ///
  /// - Parameter text: The text; UTF-8 on the wire.
  @inlinable
  public mutating func bulk(_ text: StaticString) {
    precondition(text.hasPointerRepresentation, "a single scalar is no command word")
    bulk(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Writes a bulk string of text.
  ///
  /// - Parameter text: The text; UTF-8 on the wire.
  @inlinable
  public mutating func bulk(_ text: String) {
    var text = text
    text.withUTF8 { bulk(UnsafeRawBufferPointer($0)) }
  }

  /// Writes a bulk string of a part of a text.
  ///
  /// - Parameter text: The text; UTF-8 on the wire.
  @inlinable
  public mutating func bulk(_ text: Substring) {
    var text = text
    text.withUTF8 { bulk(UnsafeRawBufferPointer($0)) }
  }

  /// Writes a bulk string of a buffer's readable bytes.
  ///
  /// - Parameter bytes: The buffer; its indices stay as they are.
  @inlinable
  public mutating func bulk(_ bytes: ByteBuffer) {
    bytes.withUnsafeReadableBytes { bulk($0) }
  }

  /// Writes a bulk string of bytes.
  ///
  /// - Parameter bytes: The bytes.
  @inlinable
  public mutating func bulk(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bulk($0) }
  }

  /// Writes a bulk string of a number's decimal digits.
  ///
  /// - Parameter number: Any integer that fits 64 bits with a sign.
  @inlinable
  public mutating func bulk(_ number: some FixedWidthInteger) {
    let number = Int(number)
    let count = RESPCommandWriter.digitCount(number) + (number < 0 ? 1 : 0)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 27) { room in
      let start = RESPCommandWriter.format(UInt8(ascii: "$"), count, into: room)
      let end = RESPCommandWriter.formatNumber(number, into: room, at: start)
      return RESPCommandWriter.formatEnd(into: room, at: end)
    }
    took()
  }
}

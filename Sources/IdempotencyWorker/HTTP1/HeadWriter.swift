import Idempotency
import NIOCore

/// Writes a message's head straight into the bytes that are sent.
///
/// NIO's encoders would need an `HTTPHeaders` of every stored answer, would write a byte 80 to FF as two, and give
/// head and body to the socket one by one; a replay is one buffer here. In a text each scalar is one byte (see
/// ``FieldLines``).
struct HeadWriter {
  var buffer: ByteBuffer

  init(_ buffer: ByteBuffer) {
    self.buffer = buffer
  }

  mutating func statusLine(_ status: Int) {
    if status == 200 {
      buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
    } else {
      beginStatusLine(status)
      buffer.writeString(ReasonPhrase.of(status))
      endLine()
    }
  }

  /// An origin's status and reason, as they came.
  mutating func statusLine(_ head: AnswerHead) {
    beginStatusLine(head.status)
    copy(head.fields, head.reason)
    endLine()
  }

  private mutating func beginStatusLine(_ status: Int) {
    buffer.writeStaticString("HTTP/1.1 ")
    buffer.writeDecimal(status)
    buffer.writeStaticString(" ")
  }

  mutating func requestLine(_ method: String, _ target: String) {
    text(method)
    text(" ")
    text(target)
    text(" HTTP/1.1\r\n")
  }

  mutating func field(_ name: String, _ value: String) {
    // Room for all of it is made once: a head has a dozen fields.
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: name.utf8.count + value.utf8.count + 4) { target in
      var end = target.put(name, at: 0)
      end = target.put(": ", at: end)
      end = target.put(value, at: end)
      return target.put("\r\n", at: end)
    }
  }

  /// A field as it came.
  mutating func field(_ line: FieldLine, of fields: FieldLines) {
    if line.value.lowerBound == line.name.upperBound + 2 {
      // As nearly all are written: one blank behind the colon. It may be a tab, which means the same.
      copy(fields, line.name.lowerBound..<line.value.upperBound)
    } else {
      copy(fields, line.name)
      buffer.writeStaticString(": ")
      copy(fields, line.value)
    }
    endLine()
  }

  private mutating func copy(_ fields: FieldLines, _ range: Range<Int>) {
    fields.bytes.withUnsafeReadableBytes { bytes in
      _ = buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  /// A field whose value is a number.
  mutating func number(_ name: StaticString, _ value: Int) {
    begin(name)
    buffer.writeDecimal(value)
    endLine()
  }

  mutating func contentLength(_ count: Int) { number("Content-Length", count) }

  /// Begins a field whose value comes in pieces.
  mutating func begin(_ name: StaticString) {
    buffer.writeStaticString(name)
    buffer.writeStaticString(": ")
  }

  mutating func text(_ text: String) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: text.utf8.count) { $0.put(text, at: 0) }
  }

  mutating func endLine() { buffer.writeStaticString("\r\n") }

  mutating func line(_ text: StaticString) {
    buffer.writeStaticString(text)
    endLine()
  }

  /// Ends the head.
  mutating func end() { endLine() }
}

extension UnsafeMutableRawBufferPointer {
  /// Copies a text's scalars, one byte each, to `offset`, where there must be room for its UTF-8, and gives the offset
  /// behind them.
  fileprivate func put(_ text: String, at offset: Int) -> Int {
    var text = text
    let isWritten = text.withUTF8 { bytes in
      guard bytes.allSatisfy({ $0 < 0x80 }) else { return false }
      self[offset..<offset + bytes.count].copyBytes(from: bytes)
      return true
    }
    guard !isWritten else { return offset + text.utf8.count }
    var end = offset
    for scalar in text.unicodeScalars {
      // Never a scalar above FF: no request has one, and records that have one are refused. Should there be one all the
      // same, it must not be cut down to a byte: U+010A would end the line.
      self[end] = UInt8(exactly: scalar.value) ?? UInt8(ascii: "?")
      end += 1
    }
    return end
  }
}

extension ByteBuffer {
  /// Writes a number of zero or more in decimal digits, without making a string of it.
  mutating func writeDecimal(_ number: Int) {
    guard number > 9 else {
      writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number))
      return
    }
    writeDecimal(number / 10)
    writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }

  /// Writes one chunk of a body of unknown length (RFC 9112 section 7.1); nothing for an empty one, which would end it.
  mutating func writeChunk(_ bytes: ByteBuffer) {
    guard bytes.readableBytes > 0 else { return }
    writeString(String(bytes.readableBytes, radix: 16))
    writeStaticString("\r\n")
    writeImmutableBuffer(bytes)
    writeStaticString("\r\n")
  }

  /// Ends a body of unknown length.
  mutating func writeLastChunk(_ trailers: FieldLines?) {
    writeStaticString("0\r\n")
    if let trailers {
      var writer = HeadWriter(self)
      self = ByteBuffer()
      for line in trailers.lines where !HopByHop.isForbiddenTrailer(line, of: trailers) {
        writer.field(line, of: trailers)
      }
      self = writer.buffer
    }
    writeStaticString("\r\n")
  }
}

import Idempotency
import NIOCore
import NIOHTTP1

/// Writes a message's head straight into the bytes that are sent.
///
/// NIOHTTP1's encoders would need an `HTTPHeaders` of every stored answer, would write a byte 80 to FF as two, and give
/// head and body to the socket one by one; a replay is one buffer here.
struct HeadWriter {
  var buffer: ByteBuffer

  init(_ buffer: ByteBuffer) {
    self.buffer = buffer
  }

  mutating func statusLine(_ status: Int) {
    if status == 200 {
      buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
    } else {
      buffer.writeStaticString("HTTP/1.1 ")
      decimal(status)
      buffer.writeStaticString(" ")
      buffer.writeString(HTTPResponseStatus(statusCode: status).reasonPhrase)
      buffer.writeStaticString("\r\n")
    }
  }

  mutating func requestLine(_ method: HTTPMethod, _ target: String) {
    text(method.rawValue)
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

  /// A field whose value is a number.
  mutating func number(_ name: StaticString, _ value: Int) {
    begin(name)
    decimal(value)
    endLine()
  }

  mutating func contentLength(_ count: Int) { number("Content-Length", count) }

  /// Begins a field whose value comes in pieces.
  mutating func begin(_ name: StaticString) {
    buffer.writeStaticString(name)
    buffer.writeStaticString(": ")
  }

  mutating func text(_ text: String) { buffer.writeString(text) }

  mutating func endLine() { buffer.writeStaticString("\r\n") }

  mutating func line(_ text: StaticString) {
    buffer.writeStaticString(text)
    buffer.writeStaticString("\r\n")
  }

  /// Ends the head that began at `start`: from here on its scalars are bytes again.
  mutating func end(from start: Int) {
    buffer.writeStaticString("\r\n")
    let count = buffer.writerIndex - start
    guard let head = buffer.viewBytes(at: start, length: count), head.hasByteAboveASCII else { return }
    let text = String(decoding: head, as: UTF8.self)
    buffer.moveWriterIndex(to: start)
    // Never a scalar above FF: requests that would have one are refused, and so are records. Should there be one all the
    // same, it must not be cut down to a byte: U+010A would end the line.
    for scalar in text.unicodeScalars { buffer.writeInteger(UInt8(exactly: scalar.value) ?? UInt8(ascii: "?")) }
  }

  private mutating func decimal(_ number: Int) {
    buffer.writeDecimal(number)
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Copies a text's bytes to `offset`, where there must be room for them, and gives the offset behind them.
  fileprivate func put(_ text: String, at offset: Int) -> Int {
    var text = text
    return text.withUTF8 { bytes in
      self[offset..<offset + bytes.count].copyBytes(from: bytes)
      return offset + bytes.count
    }
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
  mutating func writeLastChunk(_ trailers: HTTPHeaders?) {
    writeStaticString("0\r\n")
    // Trailers were read as UTF-8, not byte by byte as heads are, and are written so. One that is no UTF-8 is left out:
    // its bytes are not known any more.
    for (name, value) in trailers ?? [:] where !HopByHop.isForbiddenTrailer(name) && !value.contains("\u{FFFD}") {
      writeString(name)
      writeStaticString(": ")
      writeString(value)
      writeStaticString("\r\n")
    }
    writeStaticString("\r\n")
  }
}

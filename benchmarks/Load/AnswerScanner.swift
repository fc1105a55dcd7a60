import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Finds the end of an answer, its status and its label.
///
/// By hand, and no HTTP parser: on two cores every microsecond that the load takes is one that the server under test does
/// not get. It reads what the measured servers write, answers with a `Content-Length`, and fails on anything else.
struct AnswerScanner {
  struct Answer {
    let outcome: Outcome
    /// Head and body, in bytes; 0 where the head is not complete.
    let length: Int
  }

  struct NotReadable: Error {
    let text: String
  }

  /// A longer head is none that a measured server writes.
  private static let longestHead = 65_536

  /// Where an answer of so many bytes is not complete, how long it is: it need not be read again before.
  private var awaited = 1

  /// Reads one answer without taking it from the buffer.
  ///
  /// - Returns: Nil where it is not complete.
  mutating func scan(_ buffer: ByteBuffer) throws(NotReadable) -> Answer? {
    guard buffer.readableBytes >= awaited else { return nil }
    guard let answer = buffer.withUnsafeReadableBytes({ Self.scan($0) }) else {
      throw NotReadable(text: String(decoding: buffer.readableBytesView.prefix(300), as: UTF8.self))
    }
    guard answer.length > 0, answer.length <= buffer.readableBytes else {
      awaited = max(1, answer.length)
      return nil
    }
    awaited = 1
    return answer
  }

  /// - Returns: Nil for what is no answer with a length.
  private static func scan(_ bytes: UnsafeRawBufferPointer) -> Answer? {
    guard let start = bytes.baseAddress, let end = endOfHead(bytes) else {
      return bytes.count < longestHead ? Answer(outcome: .other, length: 0) : nil
    }
    let head = UnsafeRawBufferPointer(rebasing: bytes[..<end])
    guard head.count >= 12, memcmp(start, "HTTP/1.1 ", 9) == 0 else { return nil }
    let status = head[9..<12].reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) }
    guard let length = value(of: "\r\ncontent-length:", in: head).flatMap({ Int($0) }) else { return nil }
    var label = value(of: "\r\nidempotency-status:", in: head)
    // Peers that have no such field mark a replay at least.
    if label == nil, value(of: "\r\nidempotent-replayed:", in: head) != nil { label = "replayed" }
    return Answer(outcome: Outcome(status: status, label: label), length: head.count + 4 + length)
  }

  /// Where the empty line begins, with the line break before it.
  private static func endOfHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let start = bytes.baseAddress else { return nil }
    var line = 0
    while let next = memchr(start + line, 13, bytes.count - line) {
      line = UnsafeRawPointer(next) - start
      guard line + 4 <= bytes.count else { return nil }
      if memcmp(start + line, "\r\n\r\n", 4) == 0 { return line }
      line += 1
    }
    return nil
  }

  /// A field's value; its name with the line break before it and the colon after it.
  private static func value(of name: StaticString, in head: UnsafeRawBufferPointer) -> Substring? {
    let count = name.utf8CodeUnitCount
    guard let start = head.baseAddress else { return nil }
    var line = 0
    while line + count <= head.count, let next = memchr(start + line, 13, head.count - line) {
      line = UnsafeRawPointer(next) - start
      guard line + count <= head.count else { return nil }
      let here = (start + line).assumingMemoryBound(to: CChar.self)
      if name.utf8Start.withMemoryRebound(to: CChar.self, capacity: count, { strncasecmp(here, $0, count) }) == 0 {
        let value = head[(line + count)...].prefix { $0 != 13 }
        return Substring(decoding: value, as: UTF8.self).drop { $0 == " " }
      }
      line += 1
    }
    return nil
  }
}

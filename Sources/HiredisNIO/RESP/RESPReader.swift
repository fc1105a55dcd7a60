import CHiredis
import NIOCore

/// hiredis' reply reader: bytes in, ``RESPValue``s out.
///
/// No C type leaves this file but through the builder's callbacks.
///
/// Not safe to share; one belongs to one connection. After it threw once it throws the same again.
final class RESPReader {
  /// hiredis moves what it has not consumed to the front of its buffer after every kilobyte, so large feeds cost
  /// quadratic copying; at 16 KiB that is 0.03 µs a reply, and a large bulk string still arrives in few calls.
  private static let feedBytes = 16 * 1024

  /// Keeps hiredis from freeing and allocating its buffer for every feed: a feed and the doubling that `sds` does.
  private static let idleBufferBytes = 4 * feedBytes

  private let limits: RESPLimits
  private let builder: RESPReplyBuilder
  private let reader: UnsafeMutablePointer<redisReader>
  private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
  private var violation: RESPViolation?

  init(limits: RESPLimits) {
    self.limits = limits
    self.builder = RESPReplyBuilder(limits: limits)
    self.functions = .allocate(capacity: 1)
    self.functions.initialize(to: RESPReader.replyObjectFunctions)
    guard let reader = redisReaderCreateWithFunctions(functions) else { fatalError("out of memory") }
    self.reader = reader
    CHiredisReaderSetMaximumIdleBuffer(reader, RESPReader.idleBufferBytes)
    // Unretained: the builder lives as long as this object, and the reader is freed in its deinit.
    CHiredisReaderSetPrivdata(reader, Unmanaged.passUnretained(builder).toOpaque())
  }

  deinit {
    redisReaderFree(reader)
    functions.deallocate()
  }

  /// Reads the next whole reply, taking from the buffer as many bytes as that needs and keeping what is left over.
  ///
  /// - Parameter buffer: What arrived; its reader index moves.
  /// - Returns: The reply, or nil when the buffer is used up and the reply is not whole yet.
  /// - Throws: ``RESPViolation``; nothing that follows on the connection can be read.
  func next(from buffer: inout ByteBuffer) throws(RESPViolation) -> RESPValue? {
    if let violation { throw violation }
    while true {
      if let value = try parse() { return value }
      guard buffer.readableBytes > 0 else { return nil }
      feed(&buffer)
    }
  }

  private func feed(_ buffer: inout ByteBuffer) {
    let count = buffer.withUnsafeReadableBytes { bytes in
      let count = min(bytes.count, RESPReader.feedBytes)
      // A failure is recorded in the reader and comes back from `redisReaderGetReply`.
      redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), count)
      return count
    }
    buffer.moveReaderIndex(forwardBy: count)
  }

  private func parse() throws(RESPViolation) -> RESPValue? {
    guard CHiredisReaderPendingCount(reader) > 0 else { return nil }
    var reply: UnsafeMutableRawPointer?
    guard redisReaderGetReply(reader, &reply) == REDIS_OK else {
      let text = String(cString: CHiredisReaderErrorText(reader))
      throw fail(builder.violation ?? RESPViolation(message: text))
    }
    guard reply == nil else {
      guard let value = builder.take() else { throw fail(RESPViolation(message: "a reply of a type outside RESP2")) }
      return value
    }
    try checkPending()
    return nil
  }

  /// Refuses an unfinished reply as soon as it is certain to break a limit, not when all of it has arrived.
  private func checkPending() throws(RESPViolation) {
    let count = CHiredisReaderPendingCount(reader)
    var expected = count
    if CHiredisReaderPendingType(reader) == REDIS_REPLY_STRING {
      let bytes = UnsafeRawBufferPointer(start: CHiredisReaderPendingBytes(reader), count: count)
      if let length = RESPReader.announcedLength(bytes) {
        // As the builder counts it, without what stands around it.
        expected = length
      } else if count > RESPLimits.maximumLengthLineBytes {
        throw fail(RESPViolation(message: "the length of a bulk string is no number"))
      }
    } else if count > RESPLimits.maximumLineBytes {
      throw fail(RESPViolation(message: "a line is longer than \(RESPLimits.maximumLineBytes) bytes"))
    }
    if expected > limits.maximumReplyBytes - builder.byteCount {
      throw fail(RESPViolation(message: "a reply is larger than \(limits.maximumReplyBytes) bytes"))
    }
  }

  /// The number in front of a CR, if one stands there; a number beyond `Int` counts as the largest.
  private static func announcedLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var length = 0
    for byte in bytes.prefix(RESPLimits.maximumLengthLineBytes) {
      if byte == UInt8(ascii: "\r") { return length }
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      let (product, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      length = overflow || carry ? Int.max : sum
    }
    return nil
  }

  private func fail(_ violation: RESPViolation) -> RESPViolation {
    self.violation = violation
    return violation
  }
}

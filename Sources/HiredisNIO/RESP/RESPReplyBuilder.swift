import CHiredis
import NIOCore

/// Builds one reply at a time as Swift values, called by hiredis' reader for each element it has read.
///
/// No `redisReply` is ever made: a scalar costs no allocation but the bytes of a bulk string.
final class RESPReplyBuilder {
  /// An array whose elements are still being read.
  private struct Frame {
    var elements: [RESPValue]
    var missing: Int
  }

  private let limits: RESPLimits
  private var frames: [Frame] = []
  private var elementCount = 0
  private var finished: RESPValue?

  /// Bytes on the wire of the elements that were read of the present reply, their line ends left out.
  private(set) var byteCount = 0

  /// Why the last element was refused.
  ///
  /// hiredis itself only learns that there is no object and says "out of memory".
  private(set) var violation: RESPViolation?

  init(limits: RESPLimits) {
    self.limits = limits
  }

  /// Hands out the finished reply and makes ready for the next one.
  func take() -> RESPValue? {
    defer {
      finished = nil
      elementCount = 0
      byteCount = 0
    }
    return frames.isEmpty ? finished : nil
  }

  /// Takes in an element that has no elements of its own.
  func add(_ value: RESPValue, bytes: Int) -> Bool {
    byteCount += bytes
    // What arrives whole in one feed is looked at here for the first time.
    guard byteCount <= limits.maximumReplyBytes else {
      return refuse("a reply is larger than \(limits.maximumReplyBytes) bytes")
    }
    guard !frames.isEmpty else {
      finished = value
      return true
    }
    append(value)
    return true
  }

  /// Takes in a bulk string; `line end` are the two bytes behind it, which hiredis 0.14 skips unread.
  func addBulk(_ bytes: UnsafeRawBufferPointer, lineEnd: (UInt8, UInt8)) -> Bool {
    guard lineEnd == (UInt8(ascii: "\r"), UInt8(ascii: "\n")) else {
      return refuse("a bulk string does not end where its length says")
    }
    return add(.bulkString(ByteBuffer(bytes: bytes)), bytes: bytes.count)
  }

  /// Takes in the head of an array.
  func addArray(count: Int) -> Bool {
    guard frames.count < RESPLimits.maximumDepth else {
      return refuse("arrays nest deeper than \(RESPLimits.maximumDepth) levels")
    }
    guard count <= limits.maximumElements - elementCount else {
      return refuse("a reply has more than \(limits.maximumElements) elements")
    }
    elementCount += count
    guard count > 0 else { return add(.array([]), bytes: 1) }
    var elements: [RESPValue] = []
    // What the server announces is not yet what it sends: room for no more than 4 KiB in advance.
    elements.reserveCapacity(min(count, 100))
    frames.append(Frame(elements: elements, missing: count))
    return true
  }

  private func append(_ value: RESPValue) {
    var value = value
    while let last = frames.indices.last {
      frames[last].elements.append(value)
      frames[last].missing -= 1
      guard frames[last].missing == 0 else { return }
      value = .array(frames.removeLast().elements)
    }
    finished = value
  }

  private func refuse(_ message: String) -> Bool {
    violation = RESPViolation(message: message)
    return false
  }
}

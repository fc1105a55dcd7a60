import DequeModule
import NIOCore

/// Commands that were written and not handed to a channel: their bytes in one buffer, and their slots in order.
///
/// Whatever is in here was certainly never sent.
struct CommandQueue: ~Copyable {
  /// A buffer that grew larger than this is not kept for the next commands: 256 KiB hold a tick's worth of a busy loop.
  private static let maximumIdleBytes = 256 * 1024

  private var writer = RESPCommandWriter(buffer: ByteBuffer())
  private(set) var slots: Deque<ReplySlot> = []

  var isEmpty: Bool { slots.isEmpty }
  var count: Int { slots.count }
  var byteCount: Int { writer.buffer.readableBytes }

  /// Writes a command behind the others.
  mutating func append(_ slot: ReplySlot, encode: (inout RESPCommandWriter) -> Void) {
    let start = writer.buffer.writerIndex
    encode(&writer)
    writer.finish()
    var slot = slot
    slot.byteCount = writer.buffer.writerIndex - start
    slots.append(slot)
  }

  /// Hands out whole commands from the front, at least one; at most `limit` bytes unless the first alone is longer.
  ///
  /// Call ``recycle()`` after the buffer went its way: when nobody holds its storage any more it is used again.
  mutating func take(limit: Int, readMark: UInt64, into inFlight: inout Deque<ReplySlot>) -> ByteBuffer {
    var taken = 0
    while let next = slots.first?.byteCount, taken == 0 || taken + next <= limit {
      var slot = slots.removeFirst()
      slot.readMark = readMark
      inFlight.append(slot)
      taken += next
    }
    guard slots.isEmpty else { return writer.buffer.readSlice(length: taken) ?? ByteBuffer() }
    let all = writer.buffer
    writer.buffer.moveReaderIndex(to: writer.buffer.writerIndex)
    return all
  }

  /// Makes an empty buffer's storage ready for the next commands.
  mutating func recycle() {
    guard slots.isEmpty else { return }
    if writer.buffer.capacity > CommandQueue.maximumIdleBytes {
      writer.buffer = ByteBuffer()
    } else {
      writer.buffer.clear()
    }
  }

  /// Takes out every command that meets the condition, its bytes too, and hands out their slots in order.
  mutating func remove(where condition: (ReplySlot) -> Bool) -> [ReplySlot] {
    guard slots.contains(where: condition) else { return [] }
    var removed: [ReplySlot] = []
    var kept: Deque<ReplySlot> = []
    var bytes = ByteBuffer()
    bytes.reserveCapacity(writer.buffer.readableBytes)
    for slot in slots {
      guard var command = writer.buffer.readSlice(length: slot.byteCount), !condition(slot) else {
        removed.append(slot)
        continue
      }
      bytes.writeBuffer(&command)
      kept.append(slot)
    }
    slots = kept
    writer.buffer = bytes
    return removed
  }

  /// Takes out everything.
  mutating func removeAll() -> Deque<ReplySlot> {
    let removed = slots
    slots = []
    recycle()
    return removed
  }
}

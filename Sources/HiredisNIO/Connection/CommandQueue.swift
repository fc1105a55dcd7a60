import DequeModule
import NIOCore

/// Commands that were written and not handed to a channel: their bytes in chunks, and their slots in order.
///
/// Whatever is in here was certainly never sent.
///
/// Chunks, because a slice that the channel still holds keeps its whole buffer from being written to: behind it a
/// command of a mebibyte would copy all that waits, once for each such command. As a rule there is but one, used again
/// and again.
struct CommandQueue: ~Copyable {
  /// How many bytes a chunk gets before the next one begins, and the most that is kept for the next commands.
  ///
  /// 256 KiB: a tick's worth of a busy loop, and what goes to the channel at once.
  static let chunkBytes = RedisConnection.handoverBytes

  /// Chunks of whole commands before the last.
  private var full: Deque<ByteBuffer> = []
  /// Writes the last chunk.
  private var writer = RESPCommandWriter(buffer: ByteBuffer())
  private(set) var slots: Deque<ReplySlot> = []

  var isEmpty: Bool { slots.isEmpty }
  var count: Int { slots.count }
  var byteCount: Int { full.reduce(writer.buffer.readableBytes) { $0 + $1.readableBytes } }

  /// Writes a command behind the others.
  mutating func append(_ slot: ReplySlot, encode: (inout RESPCommandWriter) -> Void) {
    beginChunkIfNeeded()
    let start = writer.buffer.writerIndex
    encode(&writer)
    writer.finish()
    var slot = slot
    slot.byteCount = writer.buffer.writerIndex - start
    slots.append(slot)
  }

  /// Hands out whole commands from the front, at least one, and no more than the first chunk has; at most `limit` bytes
  /// unless the first alone is longer.
  ///
  /// Call ``recycle()`` after the buffer went its way: when nobody holds its storage any more it is used again.
  mutating func take(limit: Int, readMark: UInt64, into inFlight: inout Deque<ReplySlot>) -> ByteBuffer {
    let available = full.first?.readableBytes ?? writer.buffer.readableBytes
    var taken = 0
    while taken < available, let next = slots.first?.byteCount, taken == 0 || taken + next <= limit {
      var slot = slots.removeFirst()
      slot.readMark = readMark
      inFlight.append(slot)
      taken += next
    }
    if taken == available, let first = full.popFirst() { return first }
    let slice = full.isEmpty ? writer.buffer.readSlice(length: taken) : full[0].readSlice(length: taken)
    return slice ?? ByteBuffer()
  }

  /// Makes an empty buffer's storage ready for the next commands.
  mutating func recycle() {
    guard slots.isEmpty else { return }
    if writer.buffer.capacity > Self.chunkBytes {
      writer.buffer = ByteBuffer()
    } else {
      writer.buffer.clear()
    }
  }

  /// Takes out every command that meets the condition, its bytes too, and hands out their slots in order.
  mutating func remove(where condition: (ReplySlot) -> Bool) -> [ReplySlot] {
    guard slots.contains(where: condition) else { return [] }
    var removed: [ReplySlot] = []
    var chunks = full
    chunks.append(writer.buffer)
    let all = removeAll()
    for slot in all {
      if chunks[0].readableBytes == 0 { chunks.removeFirst() }
      guard var command = chunks[0].readSlice(length: slot.byteCount), !condition(slot) else {
        removed.append(slot)
        continue
      }
      beginChunkIfNeeded()
      writer.buffer.writeBuffer(&command)
      slots.append(slot)
    }
    return removed
  }

  /// Takes out everything.
  mutating func removeAll() -> Deque<ReplySlot> {
    let removed = slots
    slots = []
    full = []
    writer.buffer = ByteBuffer()
    return removed
  }

  /// The last chunk gets no more when it is full, or when its beginning is on its way.
  private mutating func beginChunkIfNeeded() {
    guard writer.buffer.readerIndex > 0 || writer.buffer.readableBytes > Self.chunkBytes else { return }
    if writer.buffer.readableBytes > 0 { full.append(writer.buffer) }
    writer.buffer = ByteBuffer()
  }
}

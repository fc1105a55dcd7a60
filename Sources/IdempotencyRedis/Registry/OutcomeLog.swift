internal import DequeModule
internal import Idempotency
internal import NIOCore

/// The outcomes that were acknowledged last, oldest first, as plain bytes one behind the other.
///
/// Bytes and not values, because thousands a second are kept for seconds and hardly ever read: values would keep alive
/// some twenty small objects each, and the whole buffer that an answer came in.
struct OutcomeLog {
  /// How much is allocated, and forgotten, at once: a hundred outcomes of ordinary size.
  static let chunkBytes = 64 * 1024
  /// Room for the key, the head and the line of nearly every outcome; one that takes more makes its chunk grow.
  private static let ordinaryBytes = 2 * 1024

  private struct Chunk {
    var bytes: ByteBuffer
    /// When its last outcome was acknowledged.
    var newest: BootInstant
  }

  private var chunks: Deque<Chunk> = []
  /// The last chunk that was forgotten, for the next one.
  private var spare: ByteBuffer?
  /// The bytes that all chunks take.
  private(set) var byteCount = 0

  /// Appends an outcome.
  mutating func append(_ keepsake: Keepsake, at now: BootInstant) {
    let size = Self.ordinaryBytes + keepsake.record.body.readableBytes
    if chunks.last.map({ $0.bytes.writableBytes < size }) ?? true { addChunk(for: size) }
    let last = chunks.count - 1
    let capacity = chunks[last].bytes.capacity
    chunks[last].bytes.write(keepsake, at: now)
    chunks[last].newest = now
    byteCount += chunks[last].bytes.capacity - capacity
  }

  /// Forgets what was acknowledged before `start`, a chunk at a time.
  mutating func forget(before start: BootInstant) {
    while let first = chunks.first, first.newest < start { forgetFirst() }
  }

  /// Forgets the oldest until no more than `limit` bytes are held.
  mutating func shrink(to limit: Int) {
    while byteCount > limit { forgetFirst() }
  }

  /// What was acknowledged at `start` or later, in order.
  func keepsakes(since start: BootInstant) -> [Keepsake] {
    chunks.flatMap { chunk in
      var keepsakes: [Keepsake] = []
      var bytes = chunk.bytes
      while let (keepsake, acknowledged) = bytes.readKeepsake() {
        if acknowledged >= start { keepsakes.append(keepsake) }
      }
      return keepsakes
    }
  }

  private mutating func addChunk(for size: Int) {
    var bytes = spare.take() ?? ByteBuffer()
    bytes.clear(minimumCapacity: max(size, Self.chunkBytes))
    byteCount += bytes.capacity
    chunks.append(Chunk(bytes: bytes, newest: BootInstant(nanoseconds: 0)))
  }

  private mutating func forgetFirst() {
    guard let first = chunks.popFirst() else { return }
    byteCount -= first.bytes.capacity
    if first.bytes.capacity == Self.chunkBytes { spare = first.bytes }
  }
}

/// An outcome's bytes: when it was acknowledged, its TTL, then key and record with their lengths.
extension ByteBuffer {
  fileprivate mutating func write(_ keepsake: Keepsake, at now: BootInstant) {
    let key = keepsake.key.description
    writeMultipleIntegers(now.nanoseconds, keepsake.ttl, UInt32(key.utf8.count))
    writeString(key)
    // The length is filled in when it is known.
    let start = writerIndex
    writeInteger(UInt32(0))
    keepsake.record.write(into: &self)
    setInteger(UInt32(writerIndex - start - 4), at: start)
  }

  fileprivate mutating func readKeepsake() -> (keepsake: Keepsake, acknowledged: BootInstant)? {
    guard let (acknowledged, ttl, length) = readMultipleIntegers(as: (Int64, Int64, UInt32).self),
      let name = readString(length: Int(length)), let key = RecordKey(name),
      let bytes = readLengthPrefixedSlice(as: UInt32.self), let record = try? StoredRecord(bytes: bytes)?.decode()
    else { return nil }
    return (Keepsake(key: key, record: record, ttl: ttl), BootInstant(nanoseconds: acknowledged))
  }
}

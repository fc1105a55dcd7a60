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
  static let ordinaryBytes = 2 * 1024

  /// An outcome and when it was acknowledged.
  struct Entry {
    let keepsake: Keepsake
    let acknowledged: BootInstant

    /// The keepsake with the rest of its TTL; nil where the record has ended by itself.
    func remaining(at now: BootInstant) -> Keepsake? {
      let rest = keepsake.ttl - max(0, now.milliseconds(since: acknowledged))
      return rest > 0 ? Keepsake(key: keepsake.key, record: keepsake.record, ttl: rest) : nil
    }
  }

  private struct Chunk {
    var bytes: ByteBuffer
    var count = 0
    /// When its last outcome was acknowledged.
    var newest = BootInstant(nanoseconds: 0)
  }

  private var chunks: Deque<Chunk> = []
  /// The last chunk that was forgotten, for the next one.
  private var spare: ByteBuffer?
  /// The bytes that all chunks take.
  private(set) var byteCount = 0

  /// When the last outcome was acknowledged; nil while there is none.
  var newest: BootInstant? { chunks.last?.newest }

  /// Appends an outcome.
  mutating func append(_ record: Record, of key: RecordKey, ttl: Int64, at now: BootInstant) {
    append(key, ttl, bodyBytes: record.body.readableBytes, at: now) { record.write(into: &$0) }
  }

  /// Appends an outcome that was kept before and is acknowledged anew.
  mutating func append(_ keepsake: Keepsake, at now: BootInstant) {
    let bytes = keepsake.record.bytes
    append(keepsake.key, keepsake.ttl, bodyBytes: bytes.readableBytes, at: now) { $0.writeImmutableBuffer(bytes) }
  }

  /// Writes when it was acknowledged, its TTL, then key and record behind their lengths.
  private mutating func append(
    _ key: RecordKey, _ ttl: Int64, bodyBytes: Int, at now: BootInstant, _ writeRecord: (inout ByteBuffer) -> Void
  ) {
    let size = Self.ordinaryBytes + bodyBytes
    if chunks.last.map({ $0.bytes.writableBytes < size }) ?? true { addChunk(for: size) }
    let last = chunks.count - 1
    let capacity = chunks[last].bytes.capacity
    chunks[last].bytes.writeMultipleIntegers(now.nanoseconds, ttl, UInt32(key.description.utf8.count))
    chunks[last].bytes.writeString(key.description)
    // The length is filled in when it is known.
    let start = chunks[last].bytes.writerIndex
    chunks[last].bytes.writeInteger(UInt32(0))
    writeRecord(&chunks[last].bytes)
    chunks[last].bytes.setInteger(UInt32(chunks[last].bytes.writerIndex - start - 4), at: start)
    chunks[last].count += 1
    chunks[last].newest = now
    byteCount += chunks[last].bytes.capacity - capacity
  }

  /// Forgets what was acknowledged before `start`, a chunk at a time.
  mutating func forget(before start: BootInstant) {
    while let first = chunks.first, first.newest < start { forgetFirst() }
  }

  /// Forgets the oldest until no more than `limit` bytes are held.
  ///
  /// - Returns: How many outcomes were forgotten.
  mutating func shrink(to limit: Int) -> Int {
    var forgotten = 0
    while byteCount > limit, let first = chunks.first {
      forgotten += first.count
      forgetFirst()
    }
    return forgotten
  }

  /// What was acknowledged at `start` or later, in order.
  ///
  /// One that could not be read, which no record that was written is, hides none behind it.
  func entries(since start: BootInstant) -> [Entry] {
    var entries: [Entry] = []
    for chunk in chunks where chunk.newest >= start {
      var bytes = chunk.bytes
      while let (acknowledged, ttl) = bytes.readMultipleIntegers(as: (Int64, Int64).self),
        let name = bytes.readLengthPrefixedSlice(as: UInt32.self),
        let stored = bytes.readLengthPrefixedSlice(as: UInt32.self)
      {
        guard acknowledged >= start.nanoseconds, let record = StoredRecord(bytes: stored) else { continue }
        let keepsake = Keepsake(key: RecordKey(written: String(buffer: name)), record: record, ttl: ttl)
        entries.append(Entry(keepsake: keepsake, acknowledged: BootInstant(nanoseconds: acknowledged)))
      }
    }
    return entries
  }

  private mutating func addChunk(for size: Int) {
    var bytes = spare.take() ?? ByteBuffer()
    bytes.clear(minimumCapacity: max(size, Self.chunkBytes))
    byteCount += bytes.capacity
    chunks.append(Chunk(bytes: bytes))
  }

  private mutating func forgetFirst() {
    guard let first = chunks.popFirst() else { return }
    byteCount -= first.bytes.capacity
    if first.bytes.capacity == Self.chunkBytes { spare = first.bytes }
  }
}

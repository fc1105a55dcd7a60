public import NIOCore

extension StoredRecord {
  /// Reads a record's head and keeps the rest as it is.
  ///
  /// Nil if the bytes are too few or have no valid head; such a value is never treated as absent.
  public init?(bytes: ByteBuffer) {
    guard let head = RecordHead(bytes: bytes) else { return nil }
    self.init(head: head, bytes: bytes)
  }

  /// The record as a store would give it back.
  public init(_ record: Record) {
    self.init(head: record.head, bytes: record.encoded())
  }

  /// Reads what follows the head, as a replay needs it.
  ///
  /// - Throws: ``RecordError``; the head is valid in any case.
  public func decode() throws(RecordError) -> Record {
    guard head.version == RecordHead.currentVersion, head.form == RecordHead.plain else { throw .tooNew }
    var rest = bytes
    rest.moveReaderIndex(forwardBy: RecordHead.byteCount)
    guard let lineLength = rest.withUnsafeReadableBytes({ $0.firstIndex(of: UInt8(ascii: "\n")) }),
      let line = rest.readSlice(length: lineLength)
    else { throw .unreadable }
    rest.moveReaderIndex(forwardBy: 1)
    let parsed = line.withUnsafeReadableBytes { bytes in
      Result { () throws(RecordError) in try RecordMetadata.parse(bytes) }
    }
    let (metadata, bodyLength) = try parsed.get()
    guard bodyLength ?? 0 == Int64(rest.readableBytes) else { throw .unreadable }
    // A body is an answer's, and an answer has a status.
    let isAnswer = head.state == .completed || rest.readableBytes > 0
    guard !isAnswer || metadata.status != nil else { throw .unreadable }
    return Record(head: head, metadata: metadata, body: rest.slice())
  }
}

internal import NIOCore

extension StoredRecord {
  /// The same record under another head; what follows the head stays byte for byte.
  func replacing(_ head: RecordHead) -> StoredRecord {
    var bytes = ByteBufferAllocator().buffer(capacity: self.bytes.readableBytes)
    head.write(into: &bytes)
    var rest = self.bytes
    rest.moveReaderIndex(forwardBy: RecordHead.byteCount)
    bytes.writeBuffer(&rest)
    return StoredRecord(head: head, bytes: bytes)
  }
}

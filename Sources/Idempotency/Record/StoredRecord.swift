public import NIOCore

/// A record as it was read: its head decoded, the rest left as bytes until a replay needs it.
public struct StoredRecord: Sendable, Hashable {
  /// The decoded head.
  public let head: RecordHead
  /// Every byte of the record, head included.
  public let bytes: ByteBuffer
}

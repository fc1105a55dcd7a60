public import NIOCore

/// What stands under a key: a fixed head, a line of JSON, and the answer's body.
public struct Record: Sendable, Hashable {
  /// The fixed part that the scripts read.
  public var head: RecordHead
  /// The line of JSON.
  public var metadata: RecordMetadata
  /// The stored answer's body, byte for byte; empty in every state but ``RecordState/completed``.
  public var body: ByteBuffer

  /// Makes a record of its parts.
  public init(head: RecordHead, metadata: RecordMetadata, body: ByteBuffer = ByteBuffer()) {
    self.head = head
    self.metadata = metadata
    self.body = body
  }
}

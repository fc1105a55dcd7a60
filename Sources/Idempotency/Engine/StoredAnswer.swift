public import NIOCore

/// An operation's answer as it is stored and replayed.
public struct StoredAnswer: Sendable, Hashable {
  /// The answer's status; 200 for work that is not HTTP.
  public var status: Int
  /// The fields that a replay repeats, in order.
  public var fields: [RecordMetadata.Field]
  /// The body, byte for byte.
  public var body: ByteBuffer

  /// Makes an answer of its parts.
  public init(status: Int, fields: [RecordMetadata.Field] = [], body: ByteBuffer = ByteBuffer()) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

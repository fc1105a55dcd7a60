public import NIOCore

/// What stands under a key: a fixed head, a line of JSON, and the answer's body.
///
/// Every record that can be made can be read again, and is the same then: encoding refuses nothing, so that an outcome is
/// never lost for want of a way to write it down.
public struct Record: Sendable, Hashable {
  /// The fixed part that the scripts read.
  public package(set) var head: RecordHead
  /// The line of JSON.
  public package(set) var metadata: RecordMetadata
  /// The stored answer's body, byte for byte; empty in every state but ``RecordState/completed``.
  public package(set) var body: ByteBuffer

  /// Makes a record of its parts, in the version and form that this library writes.
  ///
  /// An answer has a status. Where the metadata has none, there is no answer: `body` is left out, and a head in state
  /// ``RecordState/completed`` becomes one in ``RecordState/notRetained``, for then all that is known is that the operation
  /// is done.
  ///
  /// - Parameters:
  ///   - head: The fixed part; its version and form are set to ``RecordHead/currentVersion`` and ``RecordHead/plain``.
  ///   - metadata: The line of JSON.
  ///   - body: The answer's body; empty where there is no answer.
  public init(head: RecordHead, metadata: RecordMetadata, body: ByteBuffer = ByteBuffer()) {
    self.head = head
    self.head.version = RecordHead.currentVersion
    self.head.form = RecordHead.plain
    self.metadata = metadata
    self.body = body
    if metadata.status == nil { dropAnswer() }
  }

  /// There is no status, hence no answer.
  private mutating func dropAnswer() {
    if head.state == .completed { head.state = .notRetained }
    if body.readableBytes > 0 { body = ByteBuffer() }
  }
}

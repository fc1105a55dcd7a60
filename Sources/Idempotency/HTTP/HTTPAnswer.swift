public import NIOCore

/// An answer to a caller, in no framework's types.
public struct HTTPAnswer: Sendable, Hashable {
  /// The status code.
  public var status: Int
  /// The fields in order, without `Idempotency-Status`.
  public var fields: [RecordMetadata.Field]
  /// The body.
  public var body: Body
  /// What became of the request; nil for answers that are about no guarded request.
  public var label: IdempotencyStatus?

  /// Where an answer's body comes from.
  public enum Body: Sendable, Hashable {
    /// These bytes.
    case bytes(ByteBuffer)
    /// The origin's answer as it comes: it was too large to be kept, or is a stream.
    case origin
  }

  /// Every field that is sent, `Idempotency-Status` among them (rule E21).
  public var allFields: [RecordMetadata.Field] {
    guard let label else { return fields }
    return fields + [.init(name: "Idempotency-Status", value: label.rawValue)]
  }

  /// Makes an answer of its parts, for a shell's own.
  package init(status: Int, fields: [RecordMetadata.Field], body: Body, label: IdempotencyStatus?) {
    self.status = status
    self.fields = fields
    self.body = body
    self.label = label
  }

  init(_ answer: StoredAnswer, label: IdempotencyStatus? = nil) {
    self.init(status: answer.status, fields: answer.fields, body: .bytes(answer.body), label: label)
  }
}

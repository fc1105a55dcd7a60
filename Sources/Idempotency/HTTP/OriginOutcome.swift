public import NIOCore

/// What came back from the origin: an API behind a proxy, or the handler behind a middleware.
public enum OriginOutcome: Sendable {
  /// A whole answer.
  case answered(OriginAnswer)
  /// It was not reached: nothing was sent (rule X10).
  case notReached(String)
  /// The request was sent, and no whole answer came (rule X10).
  case failed(String)
}

/// An origin's answer.
public struct OriginAnswer: Sendable, Hashable {
  /// The status code; one outside ``StoredAnswer/statuses`` is no HTTP, and the outcome is then unknown.
  public var status: Int
  /// The fields in order, as they came.
  ///
  /// Bytes 80 to FF of a value stand as U+0080 to U+00FF.
  public var fields: [RecordMetadata.Field]
  /// The body; nil when it is larger than the policy's limit or a stream, and still comes.
  public var body: ByteBuffer?

  /// Makes an answer of its parts.
  public init(status: Int, fields: [RecordMetadata.Field], body: ByteBuffer?) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// The value of the first field of this name; the name is given in lower case.
  func value(_ name: String) -> String? { fields.first { $0.name.isField(name) }?.value }

  /// Whether a field of this name has one of these values; the name is given in lower case.
  func says(_ name: String, oneOf values: [String]) -> Bool {
    fields.contains { $0.name.isField(name) && values.contains($0.value) }
  }

  /// Whether the answer never ends or replaces itself: such a one is not retained, whatever its size (rule E16).
  public var isStream: Bool {
    guard let type = value("content-type") else { return false }
    return type.beginsField("text/event-stream") || type.beginsField("multipart/x-mixed-replace")
  }

  /// Whether the origin says that its answer is not to be kept.
  public var asksForStream: Bool { value(FieldName.result)?.isField("stream") ?? false }

  /// The fields without those of this layer, which an origin has no say over (rule A6).
  ///
  /// - Parameter marker: The field that marks replays, in lower case.
  /// - Returns: What is left, in order.
  func withoutLayerFields(marker: String) -> [RecordMetadata.Field] {
    func isKept(_ name: String) -> Bool { !FieldName.isLayerField(name) && !name.isField(marker) }
    // Hardly any origin has a layer of its own: then they are the same fields, not a copy.
    return fields.allSatisfy { isKept($0.name) } ? fields : fields.filter { isKept($0.name) }
  }
}

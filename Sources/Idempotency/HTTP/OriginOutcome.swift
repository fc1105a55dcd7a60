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
  /// The status code.
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

  /// The values of all fields of this name; the name is given in lower case.
  func values(_ name: String) -> [String] {
    fields.filter { $0.name.isField(name) }.map(\.value)
  }

  /// Whether the answer never ends or replaces itself: such a one is not retained, whatever its size (rule E16).
  public var isStream: Bool {
    guard let type = value("content-type")?.lowercased() else { return false }
    return type.hasPrefix("text/event-stream") || type.hasPrefix("multipart/x-mixed-replace")
  }

  /// The fields without those of this layer, which an origin has no say over (rule A6).
  func withoutLayerFields(marker: String) -> [RecordMetadata.Field] {
    let marker = marker.lowercased()
    return fields.filter { !FieldName.isLayerField($0.name) && !$0.name.isField(marker) }
  }
}

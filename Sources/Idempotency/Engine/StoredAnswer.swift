public import NIOCore

/// An operation's answer as it is stored and replayed.
public struct StoredAnswer: Sendable, Hashable {
  /// The answer's status, one of ``statuses``; 200 for work that is not HTTP.
  public let status: Int
  /// The fields that a replay repeats, in order.
  public var fields: [RecordMetadata.Field]
  /// The body, byte for byte.
  public var body: ByteBuffer

  /// What a status may be: three digits (RFC 9110 section 15).
  ///
  /// A record with another could not be replayed.
  public static var statuses: ClosedRange<Int> { 100...999 }

  /// What a status outside ``statuses`` is stored as: 502, as a gateway answers for an origin whose answer is no HTTP.
  ///
  /// Refusing to store it would lose an outcome whose effect has happened.
  public static var invalidStatus: Int { 502 }

  /// Makes an answer of its parts.
  ///
  /// - Parameters:
  ///   - status: The answer's status; one outside ``statuses`` becomes ``invalidStatus``.
  ///   - fields: The fields that a replay repeats, in order.
  ///   - body: The body, byte for byte.
  public init(status: Int, fields: [RecordMetadata.Field] = [], body: ByteBuffer = ByteBuffer()) {
    self.status = Self.validStatus(status)
    self.fields = fields
    self.body = body
  }

  /// The status that is stored for this one.
  static func validStatus(_ status: Int) -> Int { statuses.contains(status) ? status : invalidStatus }
}

public import NIOCore

/// What of a request its fingerprint is made of, as the HTTP layer has it at hand.
public struct FingerprintInput: Sendable {
  /// The method, as sent.
  public var method: String
  /// The authority of the target or of Host; nil when the request has none.
  public var authority: Authority?
  /// ``CanonicalPath/text(trailingSlashCounts:)``.
  public var canonicalPath: String
  /// The query without its question mark, byte for byte; nil without a question mark, which differs from an empty one.
  public var query: String?
  /// Name and value of each field in ``FingerprintSettings/headers``, in that order; several lines joined by `, `.
  public var headerValues: [(name: String, value: String?)]
  /// The whole body.
  public var body: ByteBuffer

  /// Makes an input of its parts.
  public init(
    method: String, authority: Authority?, canonicalPath: String, query: String? = nil,
    headerValues: [(name: String, value: String?)] = [], body: ByteBuffer = ByteBuffer()
  ) {
    self.method = method
    self.authority = authority
    self.canonicalPath = canonicalPath
    self.query = query
    self.headerValues = headerValues
    self.body = body
  }
}

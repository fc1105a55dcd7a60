public import NIOCore

/// What of a request its fingerprint is made of, as the HTTP layer has it at hand.
public struct FingerprintInput: Sendable {
  /// The method, as sent.
  public var method: String
  /// The authority, as sent in the target or in Host; nil when the request has none.
  public var authority: String?
  /// The scheme, which says which port is the default one: `http` or `https`.
  public var scheme: String
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
    method: String, authority: String?, scheme: String = "http", canonicalPath: String, query: String? = nil,
    headerValues: [(name: String, value: String?)] = [], body: ByteBuffer = ByteBuffer()
  ) {
    self.method = method
    self.authority = authority
    self.scheme = scheme
    self.canonicalPath = canonicalPath
    self.query = query
    self.headerValues = headerValues
    self.body = body
  }
}

/// What this layer needs to know of a request before its body, in no framework's types.
public struct HTTPRequestHead: Sendable {
  /// The method, in upper case.
  public var method: String
  /// The request target as it came: path and query, undecoded.
  public var target: String
  /// Host, or the target's authority.
  public var authority: String?
  /// `http` or `https`.
  public var scheme: String
  /// The values of every `Idempotency-Key` field line, in order.
  public var keyLines: [String]
  /// The length the request declares for its body, in bytes.
  public var contentLength: Int?
  /// The value of a request field by its name in lower case, several lines joined by `, `; nil where it is absent.
  public var field: @Sendable (_ name: String) -> String?

  /// Makes a head of its parts.
  public init(
    method: String, target: String, authority: String?, scheme: String, keyLines: [String], contentLength: Int?,
    field: @escaping @Sendable (_ name: String) -> String?
  ) {
    self.method = method
    self.target = target
    self.authority = authority
    self.scheme = scheme
    self.keyLines = keyLines
    self.contentLength = contentLength
    self.field = field
  }
}

/// What this layer needs to know of a request before its body, in no framework's types.
public struct HTTPRequestHead: Sendable {
  /// The method, in upper case.
  public var method: String
  /// The request target as it came: path and query, undecoded.
  public var target: String
  /// What Host says; nil where it is absent or empty.
  ///
  /// The authority of a target in absolute form counts instead.
  public var authority: Authority?
  /// `http` or `https`.
  public var scheme: String
  /// The length the request declares for its body, in bytes.
  public var contentLength: Int?
  /// The values of every field line of a name, given in lower case, in order; empty where there is none.
  public var lines: @Sendable (_ name: String) -> [String]

  /// Makes a head of its parts.
  public init(
    method: String, target: String, authority: Authority?, scheme: String, contentLength: Int?,
    lines: @escaping @Sendable (_ name: String) -> [String]
  ) {
    self.method = method
    self.target = target
    self.authority = authority
    self.scheme = scheme
    self.contentLength = contentLength
    self.lines = lines
  }

  /// The value of a request field.
  ///
  /// - Parameter name: The field's name in lower case.
  /// - Returns: Its value, several lines joined by `, `; nil where it is absent.
  public func field(_ name: String) -> String? {
    let lines = lines(name)
    return lines.count > 1 ? lines.joined(separator: ", ") : lines.first
  }
}

/// What of a request makes it the same request again.
public struct FingerprintSettings: Sendable, Hashable {
  /// How the body counts.
  public let bodyForm: BodyForm
  /// With ``BodyForm/json``: if not empty, only what stands at these pointers counts.
  public let fields: [JSONPointer]
  /// With ``BodyForm/json``: what stands at these pointers does not count; stronger than ``fields``.
  public let ignore: [JSONPointer]
  /// Whether method, authority, path and query count (CONFORMANCE F2).
  public let target: Bool
  /// The names of the request fields that count, in lower case and in configured order.
  public let headers: [String]
  /// The pointers compiled once, so that no request pays for it.
  let selection: JSONSelection

  /// Makes settings; by default every byte of the body and the whole target count, as in the configuration file.
  ///
  /// - Parameters:
  ///   - bodyForm: How the body counts.
  ///   - fields: The pointers that alone count, for JSON; empty means the whole body.
  ///   - ignore: The pointers that do not count, for JSON.
  ///   - target: Whether method, authority, path and query count.
  ///   - headers: The request fields that count, in any letter case.
  public init(
    bodyForm: BodyForm = .bytes, fields: [JSONPointer] = [], ignore: [JSONPointer] = [], target: Bool = true,
    headers: [String] = []
  ) {
    self.bodyForm = bodyForm
    self.fields = fields
    self.ignore = ignore
    self.target = target
    self.headers = headers.map { $0.lowercased() }
    selection = JSONSelection(fields: fields, ignore: ignore)
  }
}

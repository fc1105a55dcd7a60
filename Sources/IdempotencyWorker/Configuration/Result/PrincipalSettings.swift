/// Who is calling, and what keys the hashes of it.
struct PrincipalSettings: Sendable, Hashable {
  /// Where a principal comes from.
  enum Source: Sendable, Hashable {
    /// All of these request fields as a tuple, in lower case and in configured order.
    case headers([String])
    /// Claims of a verified token.
    case jwt(JWTSettings)
  }

  /// What a request without a principal gets.
  enum MissingRule: Sendable, Hashable {
    /// It is refused (401).
    case reject
    /// It shares one scope with all other callers without one.
    case shared
  }

  /// Where it comes from.
  var source: Source
  /// Whether `authorization` itself may be one of the headers; never for tokens that are renewed.
  var stableCredential = false
  /// What a request without a principal gets.
  var missing = MissingRule.reject
  /// The scheme that a 401 names in WWW-Authenticate; `Bearer` with tokens unless another is given.
  var challenge = "ApiKey"
  /// The file that ``WorkerConfiguration/pepper`` was read from, an absolute path; nil for the default pepper.
  var pepperFile: String?

  /// The principal's field names in order, as `PolicySet` wants them for the digest of a keyspace's derivation.
  var fieldNames: [String] {
    switch source {
    case .headers(let names): names
    case .jwt(let jwt): jwt.claims
    }
  }
}

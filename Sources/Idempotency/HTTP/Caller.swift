/// Who sent a request, or why nobody can tell.
public enum Caller: Sendable, Hashable {
  /// This principal did.
  case known(Principal)
  /// Nobody can tell: a request with a key is refused, and the key is not consumed (rule A5).
  indirect case unknown(Unidentified)
}

/// Why nobody can tell who sent a request, in the words of its answer.
public struct Unidentified: Sendable, Hashable {
  /// A sentence for the problem's `detail`.
  public let detail: String
  /// What stands behind the scheme in WWW-Authenticate, such as `error="invalid_token"`; nil for nothing.
  public let challenge: String?
  /// Whether the same request may be told a moment later: then the answer is 503 not-ready in place of 401.
  public let isTemporary: Bool

  /// Makes a reason.
  /// - Parameters:
  ///   - detail: A sentence for the problem's `detail`. Nothing of the request may stand in it.
  ///   - challenge: What stands behind the scheme in WWW-Authenticate, in the grammar of RFC 9110 section 11.2.
  ///   - isTemporary: Whether the same request may be told a moment later.
  public init(detail: String, challenge: String? = nil, isTemporary: Bool = false) {
    self.detail = detail
    self.challenge = challenge
    self.isTemporary = isTemporary
  }

  /// The request says nothing about its sender.
  public static let missing = Unidentified(detail: "Keys belong to callers; this request names none.")
}

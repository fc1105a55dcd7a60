import Idempotency

/// Finds out who is calling.
///
/// The rule behind all others: what could be read as two callers is none. A field that comes twice, a token that does
/// not verify, a claim that is no plain value: the caller is not identified, also where callers may be missing.
final class PrincipalResolver: Sendable {
  private enum Source {
    case fields([String])
    case token(BearerField, TokenVerifier)
  }

  private let source: Source
  private let missing: Principal.Missing

  private init(_ source: Source, _ missing: Principal.Missing) {
    self.source = source
    self.missing = missing
  }

  /// The values of request fields, all of them together (rule F10).
  ///
  /// Values count byte for byte. Without one of them, or with an empty one, the whole is missing.
  /// - Throws: `PrincipalError` if there is no name: all callers would silently share one scope.
  static func headers(_ names: [String], missing: Principal.Missing = .reject) throws(PrincipalError)
    -> PrincipalResolver
  {
    guard !names.isEmpty else { throw PrincipalError("principal.headers names no field.") }
    return PrincipalResolver(.fields(names.map { $0.lowercased() }), missing)
  }

  /// Claims of a verified token: the same for a token that was renewed (rule F9).
  ///
  /// - Parameters:
  ///   - settings: Where the token is, what it must say, and which claims identify the caller.
  ///   - keys: The issuer's.
  ///   - missing: What a caller without a token gets; one whose token does not verify is never identified.
  ///   - metrics: Counts tokens.
  /// - Returns: The resolver, which remembers no token that another one has verified.
  /// - Throws: `PrincipalError` if no claim is named.
  static func jwt(
    _ settings: JWTSettings, keys: IssuerKeys, missing: Principal.Missing = .reject, metrics: TokenMetrics? = nil
  ) throws(PrincipalError) -> PrincipalResolver {
    guard !settings.claims.isEmpty else { throw PrincipalError("principal.jwt.claims names no claim.") }
    let verifier = TokenVerifier(keys: keys, claims: settings.claims, rules: TokenRules(settings), metrics: metrics)
    return PrincipalResolver(.token(BearerField(settings.header), verifier), missing)
  }

  /// The request fields that it reads, in lower case.
  var fieldNames: [String] {
    switch source {
    case .fields(let names): names
    case .token(let field, _): [field.name]
    }
  }

  /// The keys of tokens, where they are fetched from an address.
  var remoteKeys: RemoteKeySet? {
    if case .token(_, let verifier) = source, case .address(let keys) = verifier.keys { keys } else { nil }
  }

  /// Finds out who sent a request.
  ///
  /// - Parameter lines: The values of every field line of a name, given in lower case.
  /// - Returns: The caller at once, or what to wait for.
  func resolve(_ lines: (String) -> [String]) -> Resolution {
    switch source {
    case .fields(let names):
      return .known(Principal.fields(names, missing: missing, of: lines).map { .known($0) } ?? .unknown(.missing))
    case .token(let field, let verifier):
      switch field.token(lines) {
      case .absent where missing == .shared: return .known(.known(.shared))
      case .absent: return .known(verifier.refuse(.missing))
      case .ambiguous: return .known(verifier.refuse(.malformed))
      case .token(let token): return verifier.resolve(token)
      }
    }
  }
}

extension TokenRules {
  /// What a configuration says that a token must say.
  init(_ settings: JWTSettings) {
    issuer = settings.issuer
    audience = settings.audience
    types = settings.types
    requiresExpiry = settings.requiresExpiry
    leeway = settings.leeway.map { Double($0.components.seconds) + Double($0.components.attoseconds) / 1e18 }
  }
}

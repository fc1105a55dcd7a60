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
  ///   - header: The field that holds the token: `authorization` with the scheme Bearer, any other with nothing else.
  ///   - claims: The claims that together identify the caller, in order.
  ///   - keysFile: The path of the issuer's JSON Web Key Set; read now, so a reload makes a new resolver.
  ///   - missing: What a caller without a token gets; one whose token does not verify is never identified.
  /// - Returns: The resolver.
  /// - Throws: `PrincipalError` if no claim is named, or the file cannot be read or used.
  static func jwt(
    header: String, claims: [String], keysFile: String, missing: Principal.Missing = .reject
  ) async throws(PrincipalError) -> PrincipalResolver {
    guard !claims.isEmpty else { throw PrincipalError("principal.jwt.claims names no claim.") }
    let keys = try await KeySet(file: keysFile)
    return PrincipalResolver(.token(BearerField(header), TokenVerifier(keys: keys, claims: claims)), missing)
  }

  /// The request fields that it reads, in lower case.
  var fieldNames: [String] {
    switch source {
    case .fields(let names): names
    case .token(let field, _): [field.name]
    }
  }

  /// What an operator should know about the keys that were read: those that are not used, and why.
  var remarks: [String] {
    switch source {
    case .fields: []
    case .token(_, let verifier): verifier.keys.remarks
    }
  }

  /// Finds out who sent a request.
  ///
  /// - Parameter lines: The values of every field line of a name, given in lower case.
  /// - Returns: The caller at once, or what to wait for.
  func resolve(_ lines: (String) -> [String]) -> Resolution {
    switch source {
    case .fields(let names): return .known(.fields(names, missing: missing, of: lines))
    case .token(let field, let verifier):
      switch field.token(lines) {
      case .absent: return .known(nobody)
      case .ambiguous: return .known(nil)
      case .token(let token): return verifier.resolve(token)
      }
    }
  }

  private var nobody: Principal? { missing == .shared ? .shared : nil }
}

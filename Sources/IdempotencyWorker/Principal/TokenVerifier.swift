import Crypto
import Foundation
import Idempotency
import JWTKit

/// Verifies tokens and reads a caller's claims from them.
///
/// The signature is JWTKit's work. What it leaves to its users is done here: the token's algorithm must be the key's
/// own (RFC 8725 section 3.1), a critical extension that nobody understands refuses the token (RFC 7515 section
/// 4.1.11), and the times are compared with this clock.
struct TokenVerifier: Sendable {
  /// How far an issuer's clock may be ahead of this one, in seconds.
  ///
  /// A token that is used in the moment it was issued would fail without. The other way round there is no leeway: a
  /// token that expires costs its caller a renewal, and the renewed one finds the same answers (rule F9).
  static let notBeforeLeeway: TimeInterval = 60

  let keys: KeySet
  private let claims: [String]
  private let cache = TokenCache()
  private let now: @Sendable () -> Date

  /// Makes a verifier.
  /// - Parameters:
  ///   - keys: Whose signatures count.
  ///   - claims: The claims that together identify the caller, in order.
  ///   - now: The time.
  init(keys: KeySet, claims: [String], now: @escaping @Sendable () -> Date = { Date() }) {
    self.keys = keys
    self.claims = claims
    self.now = now
  }

  /// Whose token this is: at once if it was verified a moment ago.
  func resolve(_ token: String) -> Resolution {
    let digest = SHA256.hash(data: Array(token.utf8))
    if let principal = cache.principal(digest, at: now()) { return .known(principal) }
    return .verify { await principal(of: token, digest) }
  }

  private func principal(of token: String, _ digest: SHA256Digest) async -> Principal? {
    guard let payload = await verified(token) else { return nil }
    let now = now()
    do {
      try payload.expires?.verifyNotExpired(currentDate: now)
      try payload.notBefore?.verifyNotBefore(currentDate: now.addingTimeInterval(Self.notBeforeLeeway))
    } catch {
      return nil
    }
    var fields: [Principal.Field] = []
    for claim in claims {
      guard let value = payload.claims[claim] else { return nil }
      fields.append(value.field(claim))
    }
    let principal = Principal(fields: fields)
    cache.add(principal, digest, until: payload.expires?.value, at: now)
    return principal
  }

  private func verified(_ token: String) async -> TokenPayload? {
    guard let header = try? DefaultJWTParser().parse(Array(token.utf8), as: Unread.self).header,
      header.fields["crit"] == nil, let algorithm = header.alg
    else { return nil }
    for key in keys.candidates(identifier: header.kid, algorithm: algorithm) {
      if let payload = try? await key.collection.verify(token, as: TokenPayload.self) { return payload }
    }
    return nil
  }

  /// A payload that nobody looks at before the signature is known to be good.
  private struct Unread: JWTPayload {
    func verify(using algorithm: some JWTAlgorithm) {}
  }
}

import Crypto
import Foundation
import Idempotency

/// Verifies tokens and reads a caller's claims from them.
///
/// The signature is JWTKit's work. What else makes a token one that counts here is decided here: the token's algorithm
/// must be the key's own (RFC 8725 section 3.1), and ``TokenRules`` must allow what it says of itself. Of a token that
/// nobody has signed only the header is read, within bounds; nothing of it is ever logged or said.
struct TokenVerifier: Sendable {
  let keys: IssuerKeys
  private let reader: TokenPayloadReader
  private let rules: TokenRules
  private let cache = TokenCache()
  private let queue: VerificationQueue
  private let metrics: TokenMetrics?
  private let now: @Sendable () -> Date

  /// What one look at a token found.
  private enum Finding {
    case caller(Principal)
    case refused(TokenRefusal)
    /// No key of this generation has signed it; the issuer may have published another since.
    case noSuchKey(generation: Int)
  }

  /// Makes a verifier.
  /// - Parameters:
  ///   - keys: Whose signatures count.
  ///   - claims: The claims that together identify the caller, in order.
  ///   - rules: What a token must say besides.
  ///   - queue: Bounds the work.
  ///   - metrics: Counts what was found.
  ///   - now: The time.
  init(
    keys: IssuerKeys, claims: [String], rules: TokenRules, queue: VerificationQueue = VerificationQueue(),
    metrics: TokenMetrics? = nil, now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.keys = keys
    self.rules = rules
    self.queue = queue
    self.metrics = metrics
    self.now = now
    reader = TokenPayloadReader(claims: claims)
  }

  /// Whose token this is: at once if it was verified a moment ago.
  func resolve(_ token: String) -> Resolution {
    let digest = SHA256.hash(data: Array(token.utf8))
    if let principal = cache.principal(digest, generation: keys.generation, at: now()) {
      metrics?.tokenRemembered()
      return .known(.known(principal))
    }
    return .verify { await caller(of: token, digest) }
  }

  /// Says that a request's token names nobody, and why.
  func refuse(_ refusal: TokenRefusal) -> Caller {
    metrics?.tokenRefused(refusal)
    return .unknown(refusal.unidentified)
  }

  private func caller(of token: String, _ digest: SHA256Digest) async -> Caller {
    var finding = await verify(token, digest)
    if case .noSuchKey(let generation) = finding {
      // It has no place in the queue meanwhile, so that who sends such tokens keeps no others out.
      switch await keys.renew(generation) {
      case .looked: finding = await verify(token, digest)
      case .recent: break
      case .busy: finding = .refused(.busy)
      }
    }
    switch finding {
    case .refused(let refusal): return refuse(refusal)
    case .noSuchKey: return refuse(.unknownKey)
    case .caller(let principal):
      metrics?.tokenVerified()
      return .known(principal)
    }
  }

  private func verify(_ token: String, _ digest: SHA256Digest) async -> Finding {
    guard queue.enter() else { return .refused(.busy) }
    defer { queue.leave() }
    return await queue.run { look(at: token, digest) }
  }

  private func look(at token: String, _ digest: SHA256Digest) -> Finding {
    guard let (keys, generation) = keys.current else { return .refused(.noKeys) }
    // Another request with this token may have waited before this one.
    if let principal = cache.principal(digest, generation: generation, at: now()) { return .caller(principal) }
    do throws(TokenRefusal) {
      let token = try CompactToken(token)
      try rules.check(type: token.type)
      let candidates = keys.candidates(identifier: token.keyIdentifier, algorithm: token.algorithm) ?? []
      guard candidates.contains(where: { $0.hasSigned(token) }) else {
        // A key without a name may have been replaced by another; one that the token names is the one that it means.
        let isNamed = token.keyIdentifier != nil && candidates.first?.identifier != nil
        return isNamed ? .refused(.unknownKey) : .noSuchKey(generation: generation)
      }
      let payload = try reader.read(token.payload())
      let now = now()
      let end = try rules.check(payload, now: now)
      guard let fields = payload.fields else { return .refused(.unnamed) }
      let principal = Principal(fields: fields)
      cache.add(principal, digest, generation: generation, until: end, at: now)
      return .caller(principal)
    } catch {
      return .refused(error)
    }
  }
}

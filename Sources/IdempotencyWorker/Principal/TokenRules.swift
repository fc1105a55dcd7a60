import Foundation
import Idempotency

/// What a token must say besides who is calling, so that one that was made for somebody else is worth nothing here.
struct TokenRules: Sendable {
  /// How far an issuer's clock may be ahead of this one unless `leeway` says otherwise, in seconds.
  ///
  /// A token that is used in the moment it was issued would fail without. The other way round there is no leeway: a
  /// token that expires costs its caller a renewal, and the renewed one finds the same answers (rule F9).
  static let usualLead: TimeInterval = 60

  /// Who must have made it; nil for whoever has the keys.
  var issuer: String?
  /// For one of whom it must be; empty for anybody.
  var audience: [String] = []
  /// Its types as ``type(_:)`` spells them; the empty one for a token that has none.
  ///
  /// By default those of an identity or access token. What else an issuer signs with the same keys, such as a
  /// logout token or a proof of possession, is no proof of who is calling (RFC 8725 section 3.11).
  var types = ["jwt", "at+jwt", ""]
  /// Whether it must say when it is over.
  var requiresExpiry = true
  /// How far clocks may be apart; nil for ``usualLead`` before its time, and nothing behind it.
  var leeway: TimeInterval?

  /// A media type as it is compared: in small letters, and without `application/` (RFC 7515 section 4.1.9).
  static func type(_ text: String) -> String {
    let small = String(decoding: text.utf8.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
    let prefix = "application/"
    guard small.utf8.starts(with: prefix.utf8) else { return small }
    let rest = small.utf8.dropFirst(prefix.utf8.count)
    return rest.isEmpty || rest.contains(UInt8(ascii: "/")) ? small : String(Substring(rest))
  }

  /// Checks a token's type.
  func check(type: String?) throws(TokenRefusal) {
    let type = Self.type(type ?? "")
    guard types.contains(where: { $0.utf8.elementsEqual(type.utf8) }) else { throw .foreign }
  }

  /// Checks what a payload says of itself.
  /// - Parameters:
  ///   - payload: That of a token whose signature is good.
  ///   - now: The time.
  /// - Returns: When the token is over; nil for never.
  /// - Throws: Why it is worth nothing here.
  func check(_ payload: TokenPayload, now: Date) throws(TokenRefusal) -> Date? {
    try checkIssuer(payload.issuer)
    try checkAudience(payload.audience)
    let seconds = now.timeIntervalSince1970
    if let notBefore = payload.notBefore, seconds + (leeway ?? Self.usualLead) < notBefore { throw .early }
    guard let expires = payload.expires else {
      if requiresExpiry { throw .endless }
      return nil
    }
    let end = expires + (leeway ?? 0)
    guard seconds < end else { throw .expired }
    return Date(timeIntervalSince1970: end)
  }

  private func checkIssuer(_ value: JSONPicker.Value?) throws(TokenRefusal) {
    guard let issuer else { return }
    switch value {
    case .string(let text)?: if !text.utf8.elementsEqual(issuer.utf8) { throw .foreign }
    case nil: throw .foreign
    default: throw .malformed
    }
  }

  /// A token may be for several (RFC 7519 section 4.1.3).
  private func checkAudience(_ value: JSONPicker.Value?) throws(TokenRefusal) {
    guard !audience.isEmpty else { return }
    let named: [String]
    switch value {
    case .string(let text)?: named = [text]
    case .strings(let texts)?: named = texts
    case nil: named = []
    default: throw .malformed
    }
    let isForUs = named.contains { name in audience.contains { $0.utf8.elementsEqual(name.utf8) } }
    guard isForUs else { throw .foreign }
  }
}

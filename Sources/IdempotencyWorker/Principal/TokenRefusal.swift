import Idempotency

/// Why a token names no caller: the word that metrics count it under, and what its sender is told (rules A5, W8).
enum TokenRefusal: String, Error, CaseIterable, Sendable {
  /// The request has none.
  case missing
  /// There is more than one, or what is there is no token, or says something that is not in its grammar.
  case malformed
  /// It is over.
  case expired
  /// Its time has not begun.
  case early = "not-yet-valid"
  /// It does not say when it is over, and must.
  case endless = "no-expiry"
  /// Another issuer's, for another audience, or of another type.
  case foreign = "not-for-us"
  /// No key that is known here has signed it.
  case unknownKey = "unknown-key"
  /// A claim that names the caller is missing, or is no plain value.
  case unnamed
  /// Too many tokens are being verified.
  case busy
  /// No keys have been fetched yet.
  case noKeys = "no-keys"

  /// What the request's sender is told.
  ///
  /// Without a token the challenge says no error (RFC 6750 section 3.1).
  var unidentified: Unidentified {
    switch self {
    case .missing: Unidentified(detail: "Keys belong to callers; this request has no token.")
    case .malformed: Self.invalid("The token cannot be read, or is not the only one.")
    case .expired: Self.invalid("The token has expired.")
    case .early: Self.invalid("The token is not valid yet.")
    case .endless: Self.invalid("The token does not say when it expires.")
    case .foreign: Self.invalid("The token is of another issuer, for another audience, or of another type.")
    case .unknownKey: Self.invalid("The token was not signed with a key that is known here.")
    case .unnamed: Self.invalid("The token does not say who is calling.")
    case .busy: Self.later("Too many tokens are being verified.")
    case .noKeys: Self.later("The keys that tokens are verified with could not be fetched yet.")
    }
  }

  /// The sentence stands in quotes, and must hold neither quotes nor backslashes.
  private static func invalid(_ sentence: String) -> Unidentified {
    Unidentified(
      detail: sentence, challenge: #"error="invalid_token", error_description="\#(sentence)""#)
  }

  private static func later(_ sentence: String) -> Unidentified {
    Unidentified(
      detail: "\(sentence) Nothing was executed. Send the same request, with the same key, again.", isTemporary: true)
  }
}

/// A principal of a verified token's claims.
struct JWTSettings: Sendable, Hashable {
  /// Where the issuer's keys come from, a JWK set (RFC 7517 section 5).
  enum Keys: Sendable, Hashable {
    /// A file, an absolute path.
    case file(String)
    /// An address, and the authorities that its certificate must come from: a file, nil for the system's.
    case address(KeysAddress, caFile: String?)
  }

  /// The request field that holds the token, in lower case.
  var header = "authorization"
  /// The claims that together name the caller, in order; they stay the same when the token is renewed.
  var claims = ["iss", "sub"]
  /// The keys that tokens are verified with.
  var keys: Keys
  /// Who must have made the token; nil for whoever has the keys.
  var issuer: String?
  /// For one of whom it must be; empty for anybody.
  var audience: [String] = []
  /// The token's types that are taken, as ``TokenRules/type(_:)`` spells them; the empty one for a token without.
  var types = TokenRules().types
  /// Whether a token must say when it expires.
  var requiresExpiry = true
  /// How far clocks may be apart, on either side of a token's time; nil for a minute before it and nothing behind it.
  var leeway: Duration?

  /// The longest ``leeway``: clocks that are further apart are wrong.
  static let longestLeeway = Duration.seconds(300)
}

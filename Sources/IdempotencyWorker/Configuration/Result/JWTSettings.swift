/// A principal of a verified token's claims.
struct JWTSettings: Sendable, Hashable {
  /// The request field that holds the token, in lower case.
  var header = "authorization"
  /// The claims that together name the caller, in order; they stay the same when the token is renewed.
  var claims = ["iss", "sub"]
  /// The keys that tokens are verified with, a JWK set (RFC 7517 section 5); an absolute path.
  var keysFile: String
}

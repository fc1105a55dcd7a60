import Idempotency

/// The names of header fields and authentication schemes: tokens (RFC 9110 section 5.6.2).
enum HeaderName {
  /// 64 bytes: longer than any name in use.
  private static let longest = 64

  /// The name, nil when the text is no token.
  static func parse(_ text: String) -> String? {
    FieldGrammar.isToken(text) && (1...longest).contains(text.utf8.count) ? text : nil
  }
}

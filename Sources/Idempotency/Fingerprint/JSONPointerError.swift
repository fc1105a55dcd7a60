/// Why a text is no JSON pointer (RFC 6901 section 3).
public enum JSONPointerError: String, Error, Sendable, Hashable {
  /// The text is neither empty nor begins with a slash.
  case noLeadingSlash = "A JSON pointer begins with /."
  /// A tilde is not followed by 0 or 1.
  case badEscape = "In a JSON pointer ~ is followed by 0 or 1."
}

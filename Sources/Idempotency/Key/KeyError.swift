/// Why a key cannot be used; the answer is 400 and neither store nor origin is touched (CONFORMANCE K11).
public enum KeyError: Error, Sendable, Hashable {
  /// The key breaks a rule; the reason is a whole sentence for a problem's `detail` and never holds the key itself.
  case malformed(String)

  /// The sentence for a problem's `detail` (RFC 9457 section 3.1.4).
  public var reason: String {
    switch self {
    case .malformed(let reason): reason
    }
  }

  /// The same sentence about the field that a policy takes keys from.
  func reason(_ source: KeySource) -> String {
    guard case .header(let name) = source else { return reason }
    return reason.replacing("Idempotency-Key", with: name)
  }

  static let severalLines = KeyError.malformed("The request has more than one Idempotency-Key field.")
  static let severalMembers = KeyError.malformed("The Idempotency-Key field holds a list; exactly one key is expected.")
  static let empty = KeyError.malformed("The key is empty.")
  static let tooLong = KeyError.malformed("The key is longer than 255 bytes.")
  static let badBytes = KeyError.malformed("The Idempotency-Key field holds bytes outside printable ASCII.")
  static let comma = KeyError.malformed("A key that is not quoted cannot hold a comma.")
  static let badString = KeyError.malformed("The Idempotency-Key field begins with a quote but is no valid string.")
  static let notQuoted = KeyError.malformed("The key must be a quoted string (RFC 9651 section 3.3.3).")
  static let notUUID = KeyError.malformed("The key is not a UUID.")
  static let notUUIDv4 = KeyError.malformed("The key is not a version 4 UUID.")
  static let notText = KeyError.malformed("The value that serves as the key is not a string.")
  static let badParameter = KeyError.malformed("The path segment that serves as the key is not percent-encoded UTF-8.")

  static func wrongFormat(_ format: KeyFormat) -> KeyError {
    format == .uuidV4 ? .notUUIDv4 : .notUUID
  }
}

/// What an idempotency key must look like (CONFORMANCE K8, K10, K12).
public enum KeyFormat: String, Sendable, Hashable, CaseIterable {
  /// Any text of 1 to 255 bytes; compared case-sensitively.
  case any
  /// A UUID of any version, 8-4-4-4-12 hexadecimal digits; either case is the same key (RFC 9562 section 4).
  case uuid
  /// A UUID of version 4 and the variant of RFC 9562 sections 4.1 and 5.4.
  case uuidV4 = "uuid-v4"
}

extension KeyFormat {
  /// The one spelling under which a key of this format is kept, nil when the text does not have the format.
  func canonical(_ text: String) -> String? {
    switch self {
    case .any: text
    case .uuid: Self.canonicalUUID(text, version4: false)
    case .uuidV4: Self.canonicalUUID(text, version4: true)
    }
  }

  /// Lower-cases a UUID, nil for anything else; no braces and no `urn:uuid:`, which no known vendor sends.
  private static func canonicalUUID(_ text: String, version4: Bool) -> String? {
    guard text.utf8.count == 36 else { return nil }
    var hasUpperCase = false
    for (offset, byte) in text.utf8.enumerated() {
      switch offset {
      case 8, 13, 18, 23:
        guard byte == UInt8(ascii: "-") else { return nil }
      case 14 where version4:
        guard byte == UInt8(ascii: "4") else { return nil }
      default:
        guard let digit = PercentEncoding.hexValue(byte) else { return nil }
        // The variant is the top two bits of this digit: 10 (RFC 9562 section 4.1).
        if version4, offset == 19, digit & 0b1100 != 0b1000 { return nil }
        hasUpperCase = hasUpperCase || (0x41...0x46).contains(byte)
      }
    }
    return hasUpperCase ? text.lowercased() : text
  }
}

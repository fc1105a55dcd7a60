/// The request field that holds a token.
struct BearerField: Sendable {
  /// How long a token may be, in bytes.
  ///
  /// 16 KiB: issuers make tokens of one or two, and servers take 8 in one field as a rule.
  static let longest = 16 * 1024

  /// What was found in it.
  enum Content {
    /// No such field, or an empty one.
    case absent
    /// Several, or something that is no token: nobody can say whose.
    case ambiguous
    case token(String)
  }

  /// In lower case.
  let name: String

  /// Makes the field of this name.
  init(_ name: String) {
    self.name = name.lowercased()
  }

  /// Finds the token of a request.
  ///
  /// Authorization has a scheme before it, in any case (RFC 9110 section 11.1); another scheme is no token.
  /// - Parameter lines: The values of every field line of a name, given in lower case.
  /// - Returns: The token, not verified, or why there is none.
  func token(_ lines: (String) -> [String]) -> Content {
    let lines = lines(name)
    guard lines.count < 2 else { return .ambiguous }
    guard let value = lines.first, !value.isEmpty else { return .absent }
    var token = value[...]
    if name == "authorization" {
      guard let blank = value.firstIndex(of: " "), value[..<blank].lowercased() == "bearer" else { return .ambiguous }
      token = value[blank...].drop { $0 == " " }
    }
    // Three parts of base64url; anything else need not be verified to be refused.
    guard token.utf8.count <= Self.longest, token.utf8.allSatisfy({ $0.isTokenByte }),
      token.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2
    else { return .ambiguous }
    return .token(String(token))
  }
}

extension UInt8 {
  /// Whether the byte may stand in a token: base64url without padding, and the dots between its parts (RFC 7515).
  fileprivate var isTokenByte: Bool {
    switch self {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}

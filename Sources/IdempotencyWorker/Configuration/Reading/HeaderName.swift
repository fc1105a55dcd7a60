/// The names of header fields and authentication schemes: tokens (RFC 9110 section 5.6.2).
enum HeaderName {
  /// 64 bytes: longer than any name in use.
  private static let longest = 64

  /// The name, nil when the text is no token.
  static func parse(_ text: String) -> String? {
    let isToken = text.utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: "!#$%&'*+-.^_`|~".utf8.contains($0)
      }
    }
    return isToken && (1...longest).contains(text.utf8.count) ? text : nil
  }
}

import Idempotency

/// What of a request two servers may read differently though it is well-formed.
enum RequestCheck {
  /// A request is for a path, for the whole server (`OPTIONS *`), or for a path of the host that it names.
  static func target(_ head: RequestHead) throws(BadMessage) {
    if head.method == "CONNECT" { throw BadMessage("method", "CONNECT is not served here.", status: 405) }
    if head.target.utf8.first == UInt8(ascii: "/") { return }
    if head.target == "*", head.method == "OPTIONS" { return }
    let scheme = head.target.prefix(8).lowercased()
    guard scheme.hasPrefix("http://") || scheme == "https://", let authority = authority(of: head.target),
      isHost(authority)
    else { throw BadMessage("target", "The request target is no path.") }
  }

  /// Host must be a host and a port.
  static func host(_ value: String) throws(BadMessage) {
    if !isHost(value) { throw BadMessage("host", "The Host field is not a host.") }
  }

  /// The authority of a target in absolute form; nil for any other, and for an empty one.
  static func authority(of target: String) -> String? {
    guard target.utf8.first != UInt8(ascii: "/"), let slashes = target.firstRange(of: "://") else { return nil }
    let authority = target[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    return authority.isEmpty ? nil : String(authority)
  }

  /// A host and a port as RFC 3986 section 3.2 has them, without user information.
  private static func isHost(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ":"),
        UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "$"),
        UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
        UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
        true
      default: false
      }
    }
  }
}

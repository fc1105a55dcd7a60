import Idempotency
import NIOHTTP1

/// What makes a request unclean though it can be parsed: two servers may read it differently, which is how requests are
/// smuggled.
///
/// NIOHTTP1's parser itself refuses two lengths, a length beside a transfer coding, bare line feeds, folded lines, white
/// space before a colon, and bad chunk sizes.
struct BadRequest: Error, Hashable {
  let status: Int
  /// A sentence for the answer's `detail`.
  let detail: String
  /// For the metrics.
  let reason: String

  init(_ reason: String, _ detail: String, status: Int = 400) {
    self.reason = reason
    self.detail = detail
    self.status = status
  }

  static let malformed = BadRequest("malformed", "The request is not well-formed HTTP/1.1.")
  static let headTooLarge = BadRequest("head-too-large", "The request's head is too large.", status: 431)
  static let slow = BadRequest("slow", "The request did not arrive in time.", status: 408)

  /// Why the connection ends, by the parser's error.
  init(_ error: any Error) {
    switch error as? HTTPParserError {
    case .headerOverflow: self = .headTooLarge
    case .invalidVersion: self.init("version", "Only HTTP/1.0 and HTTP/1.1 are spoken here.", status: 505)
    default: self = .malformed
    }
  }
}

enum RequestCheck {
  /// A request is for a path, for the whole server (`OPTIONS *`), or for a path of the host that it names.
  static func target(_ head: NIOHTTP1.HTTPRequestHead) throws(BadRequest) {
    if head.method == .CONNECT { throw BadRequest("method", "CONNECT is not served here.", status: 405) }
    if head.uri.utf8.first == UInt8(ascii: "/") { return }
    if head.uri == "*", head.method == .OPTIONS { return }
    let scheme = head.uri.prefix(8).lowercased()
    guard scheme.hasPrefix("http://") || scheme == "https://", let authority = authority(of: head.uri),
      isHost(authority)
    else { throw BadRequest("target", "The request target is no path.") }
  }

  /// Host must be a host and a port.
  static func host(_ value: String) throws(BadRequest) {
    if !isHost(value[...].trimmed) { throw BadRequest("host", "The Host field is not a host.") }
  }

  /// Bytes that are no ASCII must be known exactly.
  static func bytes(_ value: String, isExact: Bool) throws(BadRequest) {
    guard isExact, value.unicodeScalars.allSatisfy({ $0.value <= 0xFF }) else {
      throw BadRequest("bytes", "A pipelined request's fields may hold ASCII only.")
    }
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

extension HTTPHeaders {
  /// The length that Content-Length declares; nil where it declares none.
  ///
  /// The parser leaves white space around a value where it stood.
  var contentLength: Int? {
    first(name: "content-length").flatMap { Int($0[...].trimmed) }
  }
}

extension String.UTF8View {
  /// Whether every byte is ASCII.
  var allASCII: Bool {
    allSatisfy { $0 < 0x80 }
  }
}

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
  /// Finds what is unclean about a request's head.
  ///
  /// - Parameters:
  ///   - head: The request's head.
  ///   - isExact: Whether its field values are known byte for byte.
  /// - Returns: What is unclean; nil where nothing is.
  static func problem(_ head: NIOHTTP1.HTTPRequestHead, isExact: Bool) -> BadRequest? {
    var hosts = 0
    var codings = 0
    for (name, value) in head.headers {
      if !value.utf8.allASCII, let problem = bytes(value, isExact: isExact) { return problem }
      switch name.utf8.count {
      case 4 where name.isField("host"):
        hosts += 1
        if !isHost(value[...].trimmed) { return BadRequest("host", "The Host field is not a host.") }
      case 17 where name.isField("transfer-encoding"):
        codings += 1
        guard String(value[...].trimmed).isField("chunked") else {
          return BadRequest("coding", "The only transfer coding that is understood is chunked.", status: 501)
        }
      case 14 where name.isField("content-length"):
        // A length that the parser takes and this worker cannot would leave a body without a frame.
        guard head.headers.contentLength != nil else {
          return BadRequest("length", "The Content-Length is not a length.")
        }
      default: break
      }
    }
    if hosts > 1 { return BadRequest("host", "The request has more than one Host field.") }
    if hosts == 0, head.version.minor > 0 { return BadRequest("host", "The request has no Host field.") }
    if codings > 1 || codings == 1 && head.version.minor == 0 {
      return BadRequest("coding", "The request's transfer coding is ambiguous.")
    }
    return target(head)
  }

  private static func target(_ head: NIOHTTP1.HTTPRequestHead) -> BadRequest? {
    if head.method == .CONNECT { return BadRequest("method", "CONNECT is not served here.", status: 405) }
    if head.uri.utf8.first == UInt8(ascii: "/") { return nil }
    if head.uri == "*", head.method == .OPTIONS { return nil }
    let scheme = head.uri.prefix(8).lowercased()
    if scheme.hasPrefix("http://") || scheme == "https://", let authority = authority(of: head.uri), isHost(authority) {
      return nil
    }
    return BadRequest("target", "The request target is no path.")
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

  private static func bytes(_ value: String, isExact: Bool) -> BadRequest? {
    guard isExact, value.unicodeScalars.allSatisfy({ $0.value <= 0xFF }) else {
      return BadRequest("bytes", "A pipelined request's fields may hold ASCII only.")
    }
    return nil
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

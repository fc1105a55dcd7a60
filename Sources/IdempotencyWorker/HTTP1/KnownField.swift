/// The fields that this worker's own code asks for.
///
/// Each line is compared with their names once, when it is read.
enum KnownField: UInt8, Sendable {
  case other
  case connection, contentLength, date, expect, forwarded, host, keepAlive, proxyConnection, te, trailer
  case transferEncoding, upgrade, via
  case forwardedFor, forwardedHost, forwardedProto
  /// Any other name that begins with `X-Forwarded-`.
  case forwardedOther
  /// One that asks an origin to read another method than the request line's, or like one with a `_` for a `-`.
  case methodOverride
  /// A name that begins with `Idempoten`: one of this layer's, or like one.
  case layer
  /// One of these, or like one, with a `_` for a `-`: servers that pass fields on as variables (CGI, WSGI, Rack, PHP)
  /// cannot tell it from the real one, so it is passed on in no direction.
  case alias

  /// Finds out which field a name is.
  init(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>) {
    func `is`(_ word: StaticString) -> Bool { Self.matches(bytes, name, word) }
    self =
      switch name.count {
      case 2 where `is`("te"): .te
      case 3 where `is`("via"): .via
      case 4 where `is`("host"): .host
      case 4 where `is`("date"): .date
      case 6 where `is`("expect"): .expect
      case 7 where `is`("upgrade"): .upgrade
      case 7 where `is`("trailer"): .trailer
      case 9 where `is`("forwarded"): .forwarded
      case 10 where `is`("connection"): .connection
      case 10 where `is`("keep-alive"): .keepAlive
      case 14 where `is`("content-length"): .contentLength
      case 16 where `is`("proxy-connection"): .proxyConnection
      case 17 where `is`("transfer-encoding"): .transferEncoding
      case 10...: Self.long(bytes, name)
      default: .other
      }
  }

  /// Finds out which field a name with a `_` is.
  static func underscored(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>) -> KnownField {
    let dashed = bytes[name].map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
    switch dashed.withUnsafeBytes({ KnownField($0, 0..<$0.count) }) {
    case .other: return .other
    case .methodOverride: return .methodOverride
    default: return .alias
    }
  }

  /// Finds out which field a name is.
  init(_ name: String) {
    var name = name
    self = name.withUTF8 { KnownField(UnsafeRawBufferPointer($0), 0..<$0.count) }
  }

  private static func long(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>) -> KnownField {
    switch bytes[name.lowerBound] | 0x20 {
    case UInt8(ascii: "i"):
      return matches(bytes, name.lowerBound..<name.lowerBound + 9, "idempoten") ? .layer : .other
    case UInt8(ascii: "x"):
      guard name.count >= 12, matches(bytes, name.lowerBound..<name.lowerBound + 12, "x-forwarded-") else {
        return isMethodOverride(bytes, name) ? .methodOverride : .other
      }
      if matches(bytes, name, "x-forwarded-for") { return .forwardedFor }
      if matches(bytes, name, "x-forwarded-host") { return .forwardedHost }
      if matches(bytes, name, "x-forwarded-proto") { return .forwardedProto }
      return .forwardedOther
    default: return .other
    }
  }

  /// Those that Rails, Symfony, Laravel, Express, ASP.NET and their kin know.
  private static func isMethodOverride(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>) -> Bool {
    switch name.count {
    case 13: matches(bytes, name, "x-http-method")
    case 17: matches(bytes, name, "x-method-override")
    case 22: matches(bytes, name, "x-http-method-override")
    default: false
    }
  }

  /// Whether bytes of a token are a word of small letters, digits and `-`, in whatever case.
  static func matches(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    let letters = word.utf8Start
    for offset in 0..<range.count where bytes[range.lowerBound + offset] | 0x20 != letters[offset] { return false }
    return true
  }

  /// Whether a field is about the connection it came on, or about the framing, which is made anew: never passed on
  /// (RFC 9110 section 7.6.1).
  var isAboutConnection: Bool {
    switch self {
    case .connection, .contentLength, .expect, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade:
      true
    default: false
    }
  }
}

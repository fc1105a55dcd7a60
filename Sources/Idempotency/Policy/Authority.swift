internal import NIOCore

/// Whom a request is addressed to: a host and a port, read once, as values (rule W4).
///
/// Equal authorities have one ``text``, in whatever spelling they came; policies, scopes and fingerprints go by it.
public struct Authority: Sendable {
  /// The host and, unless it is the scheme's own, the port.
  ///
  /// In lower case, with unreserved characters decoded; an IPv6 address in its shortest form. A dot at a host's end stays:
  /// to DNS it is the same name, to servers often another.
  public let text: String
  /// Whether it is a host and a port as RFC 3986 section 3.2 has them, without user information.
  ///
  /// Otherwise ``text`` is what came, in lower case.
  public let isWellFormed: Bool
  /// Whether every server reads it alike: a name of letters, digits, `-`, `_` and single dots, or an address in its usual
  /// form; with a port, if any, in plain digits.
  public let isPlain: Bool
  /// The port; nil where none was named and the scheme has none.
  let port: Int?
  /// How many bytes of the text are the host.
  private let hostLength: Int

  /// Longer than any name that DNS resolves (253 bytes), with a port and in percent-encoding.
  private static let maximumLength = 1_024

  /// Reads an authority.
  ///
  /// - Parameters:
  ///   - spelling: The authority as sent: `host`, `host:port` or `[address]:port`.
  ///   - scheme: `http` or `https`; another has no port of its own.
  public init(_ spelling: String, scheme: String) {
    let schemePort = Self.port(of: scheme)
    // As nearly every request has it: nothing to change, nothing to allocate.
    if Self.isPlainName(spelling.utf8) {
      self.init(text: spelling, hostLength: spelling.utf8.count, port: schemePort, isPlain: true)
    } else if spelling.utf8.count <= Self.maximumLength, let read = Self(reading: Array(spelling.utf8), schemePort) {
      self = read
    } else {
      self.init(
        text: spelling.lowercased(), hostLength: spelling.utf8.count, port: nil, isPlain: false, isWellFormed: false)
    }
  }

  /// Whether a policy for this authority guards what is addressed to another: the same host, and the same port if this
  /// one names any.
  package func covers(_ other: Authority) -> Bool {
    if let port, port != other.port { return false }
    return text.utf8.prefix(hostLength).elementsEqual(other.text.utf8.prefix(other.hostLength))
  }

  private init(text: String, hostLength: Int, port: Int?, isPlain: Bool, isWellFormed: Bool = true) {
    self.text = text
    self.hostLength = hostLength
    self.port = port
    self.isPlain = isPlain
    self.isWellFormed = isWellFormed
  }

  /// Reads any spelling; nil where it is no authority.
  private init?(reading bytes: [UInt8], _ schemePort: Int?) {
    guard let (host, port) = Self.parts(bytes) else { return nil }
    var named = (value: schemePort, isPlain: true)
    if let port {
      guard let read = Self.port(port) else { return nil }
      named = (read.value ?? schemePort, read.isPlain)
    }
    guard let (name, isPlain) = host.first == Self.bracket ? Self.address(host) : Self.name(host) else { return nil }
    let isShown = named.value != schemePort
    self.init(
      text: isShown ? "\(name):\(named.value ?? 0)" : name, hostLength: name.utf8.count, port: named.value,
      isPlain: isPlain && named.isPlain)
  }

  // MARK: Its parts

  private static let bracket = UInt8(ascii: "[")
  private static let dot = UInt8(ascii: ".")

  private static func port(of scheme: String) -> Int? {
    switch scheme {
    case "http": 80
    case "https": 443
    default: scheme.contains { $0.isUppercase } ? port(of: scheme.lowercased()) : nil
    }
  }

  /// The host, brackets included, and what follows the colon behind it.
  private static func parts(_ bytes: [UInt8]) -> (host: ArraySlice<UInt8>, port: ArraySlice<UInt8>?)? {
    var end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
    if bytes.first == bracket {
      guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      end = close + 1
    }
    guard end > 0 else { return nil }
    if end == bytes.endIndex { return (bytes[..<end], nil) }
    guard bytes[end] == UInt8(ascii: ":") else { return nil }
    return (bytes[..<end], bytes[(end + 1)...])
  }

  /// A port's number, nil for none at all; without leading zeros it is plain.
  private static func port(_ digits: ArraySlice<UInt8>) -> (value: Int?, isPlain: Bool)? {
    if digits.isEmpty { return (nil, false) }
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit - 0x30)
      guard value <= 65_535 else { return nil }
    }
    return (value, digits.count == 1 || digits.first != 0x30)
  }

  /// An IPv6 address in brackets; no zone, and no form that is yet to come.
  private static func address(_ host: ArraySlice<UInt8>) -> (name: String, isPlain: Bool)? {
    let text = String(decoding: host.dropFirst().dropLast(), as: UTF8.self)
    guard let address = try? SocketAddress(ipAddress: text, port: 0), address.protocol == .inet6,
      let shortest = address.ipAddress
    else { return nil }
    return ("[\(shortest)]", true)
  }

  /// A registered name or an IPv4 address.
  private static func name(_ host: ArraySlice<UInt8>) -> (name: String, isPlain: Bool)? {
    var name: [UInt8] = []
    name.reserveCapacity(host.count)
    var isPlain = true
    var index = host.startIndex
    while index < host.endIndex {
      let byte = host[index]
      if byte == UInt8(ascii: "%") {
        guard let octet = PercentEncoding.octet(in: host, at: index) else { return nil }
        isPlain = false
        if PercentEncoding.isUnreserved(octet) {
          name.append(PathPattern.lowerCase(octet))
        } else {
          PercentEncoding.appendEncoded(octet, to: &name)
        }
        index += 3
        continue
      }
      guard PercentEncoding.isUnreserved(byte) || isSubDelimiter(byte) else { return nil }
      if isSubDelimiter(byte) || byte == UInt8(ascii: "~") { isPlain = false }
      name.append(PathPattern.lowerCase(byte))
      index += 1
    }
    let text = String(decoding: name, as: UTF8.self)
    return (text, isPlain && (isPlainName(name) || isPlainAddress(text)))
  }

  /// Whether a host is a name in its plain spelling.
  ///
  /// One whose last label is a number, in decimal or as `0x…`, is an address to many readers.
  private static func isPlainName(_ host: some Collection<UInt8>) -> Bool {
    var (previous, label, isNumber) = (dot, 0, false)
    for byte in host {
      switch byte {
      case 0x30...0x39: if label == 0 { isNumber = true }
      case UInt8(ascii: "x") where isNumber && label == 1 && previous == 0x30: break
      case 0x61...0x66 where isNumber && label > 1: break
      case 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): isNumber = false
      case dot where previous != dot: label = -1
      default: return false
      }
      previous = byte
      label += 1
    }
    return previous != dot && !isNumber
  }

  /// Whether an IPv4 address is spelled as everybody spells it; some resolvers also take `127.1` and `0x7f000001`.
  private static func isPlainAddress(_ text: String) -> Bool {
    guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return false }
    return address.protocol == .inet && address.ipAddress == text
  }

  /// RFC 3986 section 2.2, without the comma, which makes a list of a field's value.
  private static func isSubDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
      UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
      true
    default: false
    }
  }
}

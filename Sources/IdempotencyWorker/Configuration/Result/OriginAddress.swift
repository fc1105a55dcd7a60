/// Where every request is forwarded: `http://host:port` or `https://host:port`.
struct OriginAddress: Sendable, Hashable {
  /// Whether the origin speaks TLS.
  var isTLS: Bool
  /// A host name or an IP address, IPv6 without brackets, in lower case.
  var host: String
  /// The TCP port; 80 or 443 unless the URL names one.
  var port: Int
  /// Host, and the port unless it is the scheme's own, as a Host field has it (RFC 9110 section 7.2).
  var authority: String

  /// What a configuration error says was expected.
  static let expectation = "http://host:port or https://host:port, without user, path and query"

  /// Reads a URL, nil when it is none, or has a user, a path, a query or a fragment.
  ///
  /// A lone slash is no path.
  init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    switch text[..<colon].lowercased() {
    case "http": isTLS = false
    case "https": isTLS = true
    default: return nil
    }
    var rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else { return nil }
    rest.removeFirst(2)
    if rest.hasSuffix("/") { rest.removeLast() }
    let defaultPort = isTLS ? 443 : 80
    guard let address = HostAndPort(rest.lowercased(), defaultPort: defaultPort) else { return nil }
    host = address.host
    port = address.port
    let name = host.contains(":") ? "[\(host)]" : host
    authority = port == defaultPort ? name : "\(name):\(port)"
  }
}

extension OriginAddress: CustomStringConvertible {
  /// The URL, which holds no secret.
  var description: String { "\(isTLS ? "https" : "http")://\(authority)" }
}

extension OriginAddress {
  /// What stands for an origin that could not be read, until the errors are thrown.
  static let unknown = OriginAddress(isTLS: false, host: "invalid", port: 80, authority: "invalid")

  private init(isTLS: Bool, host: String, port: Int, authority: String) {
    (self.isTLS, self.host, self.port, self.authority) = (isTLS, host, port, authority)
  }
}

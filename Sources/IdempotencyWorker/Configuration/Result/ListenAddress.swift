/// Where a listener is: `host:port`, `[ipv6]:port` or `unix:/path`.
enum ListenAddress: Sendable, Hashable {
  /// A host name or an IP address (IPv6 without brackets) and a TCP port; 0 lets the system choose one.
  case tcp(host: String, port: Int)
  /// The path of a Unix domain socket.
  case unix(path: String)

  /// The longest path of a Unix domain socket that SwiftNIO takes: what all systems have room for.
  static let maximumPathBytes = 103

  /// What a configuration error says was expected.
  static let expectation = "host:port, [ipv6]:port or unix:/path (at most \(maximumPathBytes) bytes)"

  /// Reads an address, nil when the text is none.
  init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      guard path.hasPrefix("/"), path.utf8.count <= Self.maximumPathBytes, !path.utf8.contains(0) else { return nil }
      self = .unix(path: path)
    } else {
      guard let address = HostAndPort(text, ports: 0...65_535) else { return nil }
      self = .tcp(host: address.host, port: address.port)
    }
  }
}

extension ListenAddress: CustomStringConvertible {
  /// As the configuration writes it.
  var description: String {
    switch self {
    case .tcp(let host, let port): HostAndPort(host: host, port: port).description
    case .unix(let path): "unix:\(path)"
    }
  }
}

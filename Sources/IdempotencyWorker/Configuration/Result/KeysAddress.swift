import NIOCore

/// Where an issuer publishes its keys: `https://id.example/jwks.json`.
///
/// Whoever can change what is read there can make tokens of everybody, so plain text is taken only from this machine.
struct KeysAddress: Sendable, Hashable {
  /// Host, port, and whether they speak TLS.
  let server: OriginAddress
  /// Path and query, as a request line has them.
  let target: String

  /// What a configuration error says was expected.
  static let expectation = "https://host/path, or http:// and a loopback address, without user and fragment"

  /// Longer ones are none, in bytes.
  private static let longest = 2_048

  /// Reads a URL, nil when it is none, or has a user or a fragment, or is not safe.
  init?(_ text: String) {
    guard text.utf8.count <= Self.longest, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("#"),
      let scheme = text.firstRange(of: "://")
    else { return nil }
    let end = text[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex
    guard let server = OriginAddress(String(text[..<end])), server.isTLS || server.isLoopback else { return nil }
    self.server = server
    let rest = text[end...]
    target = rest.hasPrefix("/") ? String(rest) : "/\(rest)"
  }
}

extension KeysAddress: CustomStringConvertible {
  /// The URL, without its query, which may hold a secret.
  var description: String { "\(server)\(target.prefix { $0 != "?" })" }
}

extension OriginAddress {
  /// Whether it is this machine, and no network between.
  fileprivate var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    return host.hasPrefix("127.") && (try? SocketAddress(ipAddress: host, port: port)) != nil
  }
}

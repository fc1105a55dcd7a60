import Hummingbird

extension BindAddress {
  /// Reads `host:port`, `[ipv6]:port` or `unix:/path`; nil for anything else.
  ///
  /// Port 0 is any free one.
  init?(argument: String) {
    if argument.hasPrefix("unix:") {
      let path = String(argument.dropFirst("unix:".count))
      guard !path.isEmpty else { return nil }
      self = .unixDomainSocket(path: path)
      return
    }
    guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...]) else {
      return nil
    }
    var host = argument[..<colon]
    if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { return nil }
    self = .hostname(String(host), port: Int(port))
  }
}

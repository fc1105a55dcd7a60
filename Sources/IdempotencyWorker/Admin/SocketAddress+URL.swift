import NIOCore

extension SocketAddress {
  /// An IP address as configuration and curl take it.
  func url(scheme: String = "http") -> String {
    let host = ipAddress ?? "?"
    return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port ?? 0)"
  }
}

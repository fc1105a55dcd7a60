import NIOCore

extension SocketAddress {
  /// The address as configuration and curl take it.
  func url(scheme: String = "http") -> String {
    if let pathname { return "unix:\(pathname)" }
    let host = ipAddress ?? "?"
    return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port ?? 0)"
  }
}

import NIOCore

/// A host and a TCP port, as `host:port` or `[ipv6]:port`.
struct HostAndPort: Sendable, Hashable {
  /// A host name or an IP address, IPv6 without brackets.
  var host: String
  /// The port.
  var port: Int

  /// Makes an address of its parts.
  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads an address, nil when the text is none.
  ///
  /// - Parameters:
  ///   - text: The address.
  ///   - ports: The ports that are allowed.
  ///   - defaultPort: The port of an address that names none; nil when it must.
  init?(_ text: String, ports: ClosedRange<Int> = 1...65_535, defaultPort: Int? = nil) {
    let host: Substring
    var rest: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      // Brackets are for IPv6 alone, and without a zone: `fe80::1%eth0` means something else on each machine.
      guard (try? SocketAddress(ipAddress: String(host), port: 0))?.protocol == .inet6, !host.contains("%") else {
        return nil
      }
    } else {
      let end = text.firstIndex(of: ":") ?? text.endIndex
      host = text[..<end]
      rest = text[end...]
      guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(Self.isNameByte) else { return nil }
    }
    self.host = String(host)
    if rest.isEmpty, let defaultPort {
      port = defaultPort
      return
    }
    guard rest.popFirst() == ":", (1...5).contains(rest.utf8.count),
      rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(rest), ports.contains(number)
    else { return nil }
    port = number
  }

  /// Whether a byte may stand in a host's name: `[A-Za-z0-9._-]`; `_` is no host name but is found in container names.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }
}

extension HostAndPort: CustomStringConvertible {
  /// `host:port`, `[host]:port` for IPv6.
  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

import NIOCore

/// One IP address, or a network in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`.
///
/// An IPv4 address that a dual-stack socket shows as `::ffff:a.b.c.d` counts as the IPv4 address it is.
struct AddressRange: Sendable, Hashable {
  /// The range as written.
  let description: String
  private let network: [UInt8]
  private let prefixLength: Int

  /// What a configuration error says was expected.
  static let expectation = "an IP address or a network such as 10.0.0.0/8"

  /// Reads a range, nil when the text is none, or when bits of the address are set beyond its prefix: a network
  /// written that way is more often a slip than meant.
  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = Self.bytes(ofAddress: String(parts[0])) else { return nil }
    var length = address.count * 8
    if parts.count == 2 {
      guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(parts[1]), (0...length).contains(number)
      else { return nil }
      length = number
    }
    description = text
    network = address
    prefixLength = length
    guard (length..<address.count * 8).allSatisfy({ !Self.bit($0, of: address) }) else { return nil }
  }

  /// Whether an address lies in the range.
  ///
  /// - Parameter address: The address in text form, without a port; what is no address lies in no range.
  /// - Returns: Whether it does.
  func contains(_ address: String) -> Bool {
    Self.bytes(ofAddress: address).map(contains) ?? false
  }

  /// Whether a peer's address lies in the range; a Unix domain socket's never does.
  func contains(_ address: SocketAddress) -> Bool {
    Self.bytes(of: address).map(contains) ?? false
  }

  private func contains(_ address: [UInt8]) -> Bool {
    guard address.count == network.count else { return false }
    let whole = prefixLength / 8
    guard address[..<whole] == network[..<whole] else { return false }
    return (whole * 8..<prefixLength).allSatisfy { Self.bit($0, of: address) == Self.bit($0, of: network) }
  }

  private static func bit(_ index: Int, of bytes: [UInt8]) -> Bool {
    bytes[index / 8] & (0x80 >> UInt8(index % 8)) != 0
  }

  private static func bytes(ofAddress text: String) -> [UInt8]? {
    (try? SocketAddress(ipAddress: text, port: 0)).flatMap(bytes(of:))
  }

  /// The address's bytes in network order: 4 or 16.
  ///
  /// By their places in `sockaddr_in` and `sockaddr_in6`, which are the same on every system: the members' names belong to
  /// another module on each.
  private static func bytes(of address: SocketAddress) -> [UInt8]? {
    switch address {
    case .v4(let address):
      return withUnsafeBytes(of: address.address) { Array($0[4..<8]) }
    case .v6(let address):
      let bytes = withUnsafeBytes(of: address.address) { Array($0[8..<24]) }
      // RFC 4291 section 2.5.5.2: ten bytes of zero and two of ones before an IPv4 address.
      let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
      return isMapped ? Array(bytes[12...]) : bytes
    case .unixDomainSocket:
      return nil
    }
  }
}

import Hummingbird

/// What a client asks for: the body of a transfer or a payment.
struct Order: Decodable, Sendable {
  let asset: String
  /// The chain that a transfer goes over; a payment has none.
  let network: String?
  /// A decimal number in a string, because JSON's numbers are often read as binary ones.
  let amount: String
  let destination: String

  /// The longest amount: nobody has more than 18 digits of anything, and no token has more than 18 decimals.
  private static let maximumAmountLength = 37

  /// Refuses what can never be carried out.
  /// - Throws: `HTTPError` with status 400; nothing has been done.
  func validate(needsNetwork: Bool) throws {
    func require(_ condition: Bool, _ message: String) throws {
      if !condition { throw HTTPError(.badRequest, message: message) }
    }
    try require((1...16).contains(asset.utf8.count), "asset must have 1 to 16 characters")
    try require((1...128).contains(destination.utf8.count), "destination must have 1 to 128 characters")
    try require(
      Self.isPositiveDecimal(amount), "amount must be a positive decimal number in a string, such as \"100.00\"")
    if needsNetwork { try require((1...32).contains(network?.utf8.count ?? 0), "network must have 1 to 32 characters") }
  }

  private static func isPositiveDecimal(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard text.utf8.count <= maximumAmountLength, !parts.contains(where: \.isEmpty) else { return false }
    let digits = parts.joined()
    return digits.allSatisfy { (0x30...0x39).contains($0) } && digits.contains { $0 != 0x30 }
  }
}

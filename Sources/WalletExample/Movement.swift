import Hummingbird

/// Money that moved: what the client is told, and what stands in the ledger.
struct Movement: Codable, Sendable, ResponseEncodable {
  let id: String
  let wallet: String?
  let asset: String
  let network: String?
  let amount: String
  let destination: String
  /// The node that moved it; a replay names the first one, whoever gives it.
  let node: String
  /// When it moved, in ISO 8601.
  let time: String
}

/// One effect, as a line of the ledger.
struct LedgerEntry: Codable, Sendable {
  let operation: Operation
  /// The client's key, as sent; nil where it sent none.
  let key: String?
  /// The first 16 hex digits of the SHA-256 of the caller's API key, which itself stands nowhere.
  let principal: String?
  /// The `Idempotency-Attempt` under which it ran; nil where nothing guarded it.
  let attempt: Int?
  let movement: Movement

  enum Operation: String, Codable, Sendable {
    case transfer
    case payment
  }

  // Flat, so that one `grep` or `jq` finds what it looks for.
  private enum CodingKeys: String, CodingKey {
    case operation, key, principal, attempt
  }

  init(operation: Operation, key: String?, principal: String?, attempt: Int?, movement: Movement) {
    self.operation = operation
    self.key = key
    self.principal = principal
    self.attempt = attempt
    self.movement = movement
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    operation = try container.decode(Operation.self, forKey: .operation)
    key = try container.decodeIfPresent(String.self, forKey: .key)
    principal = try container.decodeIfPresent(String.self, forKey: .principal)
    attempt = try container.decodeIfPresent(Int.self, forKey: .attempt)
    movement = try Movement(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(operation, forKey: .operation)
    try container.encodeIfPresent(key, forKey: .key)
    try container.encodeIfPresent(principal, forKey: .principal)
    try container.encodeIfPresent(attempt, forKey: .attempt)
    try movement.encode(to: encoder)
  }
}

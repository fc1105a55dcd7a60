import Idempotency
import JWTKit

/// What a token says: its times, and every claim that is a plain value.
struct TokenPayload: JWTPayload {
  let expires: ExpirationClaim?
  let notBefore: NotBeforeClaim?
  let claims: [String: Claim]

  /// A claim's value.
  enum Claim: Sendable, Hashable {
    case string(String)
    case integer(String)
    case bool(Bool)

    /// The value as part of a principal.
    ///
    /// Of another type than a string it has another name: the number 7 and the string "7" are two callers.
    func field(_ claim: String) -> Principal.Field {
      switch self {
      case .string(let text): Principal.Field(name: claim, value: text)
      case .integer(let text): Principal.Field(name: claim + "#number", value: text)
      case .bool(let value): Principal.Field(name: claim + "#boolean", value: value ? "true" : "false")
      }
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads the claims; times that are no numbers are errors, other claims that are no plain values are left out.
  ///
  /// Numbers must be whole and fit 64 bits: rounded ones could be two callers'. A string must not be empty, nor null.
  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Name.self)
    expires = try members.decodeIfPresent(ExpirationClaim.self, forKey: Name(stringValue: "exp"))
    notBefore = try members.decodeIfPresent(NotBeforeClaim.self, forKey: Name(stringValue: "nbf"))
    var claims: [String: Claim] = [:]
    for name in members.allKeys {
      if let text = try? members.decode(String.self, forKey: name) {
        claims[name.stringValue] = text.isEmpty ? nil : .string(text)
      } else if let value = try? members.decode(Bool.self, forKey: name) {
        claims[name.stringValue] = .bool(value)
      } else if let number = try? members.decode(Int64.self, forKey: name) {
        claims[name.stringValue] = .integer(String(number))
      } else if let number = try? members.decode(UInt64.self, forKey: name) {
        claims[name.stringValue] = .integer(String(number))
      }
    }
    self.claims = claims
  }

  /// Never used: tokens are only read here.
  func encode(to encoder: any Encoder) throws {
    throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: "Tokens are only read."))
  }

  /// Nothing: the times are compared by whoever knows the time.
  func verify(using algorithm: some JWTAlgorithm) {}
}

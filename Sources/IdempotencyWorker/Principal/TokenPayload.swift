import Idempotency

/// What a token says of itself, and of its caller.
struct TokenPayload {
  /// Who has made it: any JSON value; nil where it does not say.
  let issuer: JSONPicker.Value?
  /// For whom: any JSON value; nil where it does not say.
  let audience: JSONPicker.Value?
  /// When it is over, in seconds since 1970.
  let expires: Double?
  /// When its time begins, in seconds since 1970.
  let notBefore: Double?
  /// The claims that name the caller, in configured order; nil where one of them cannot.
  let fields: [Principal.Field]?
}

/// Reads payloads.
///
/// Strictly, since what could be read as two callers is none: two members of one name, bytes that are no UTF-8. Numbers
/// are exact.
struct TokenPayloadReader: Sendable {
  private let claims: [String]
  private let picker: JSONPicker

  /// Makes a reader.
  /// - Parameter claims: The claims that together name the caller, in order.
  init(claims: [String]) {
    self.claims = claims
    picker = JSONPicker((["iss", "aud", "exp", "nbf"] + claims).map { JSONPointer(member: $0) })
  }

  /// Reads a payload.
  /// - Throws: ``TokenRefusal/malformed`` for what is no JSON object, and for times that are no numbers.
  func read(_ payload: [UInt8]) throws(TokenRefusal) -> TokenPayload {
    guard let values = try? picker.values(in: payload), payload.first(where: { !Self.isBlank($0) }) == UInt8(ascii: "{")
    else { throw .malformed }
    var fields: [Principal.Field]? = []
    for (claim, value) in zip(claims, values[4...]) {
      if let field = value.flatMap({ Self.field(claim, $0) }) { fields?.append(field) } else { fields = nil }
    }
    return TokenPayload(
      issuer: values[0], audience: values[1], expires: try Self.time(values[2]), notBefore: try Self.time(values[3]),
      fields: fields)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  /// A time may have a fraction (RFC 7519 section 2).
  private static func time(_ value: JSONPicker.Value?) throws(TokenRefusal) -> Double? {
    guard let value else { return nil }
    guard case .number(let text) = value, let seconds = Double(text), seconds.isFinite else { throw .malformed }
    return seconds
  }

  /// A claim as part of a principal; nil for one that is no plain value.
  ///
  /// Of another type than a string it has another name: the number 7 and the string "7" are two callers. Numbers must be
  /// whole and fit 64 bits: rounded ones could be two callers'. A string must not be empty.
  private static func field(_ claim: String, _ value: JSONPicker.Value) -> Principal.Field? {
    switch value {
    case .string(let text): text.isEmpty ? nil : Principal.Field(name: claim, value: text)
    case .number(let text): integer(text).map { Principal.Field(name: claim + "#number", value: $0) }
    case .bool(let value): Principal.Field(name: claim + "#boolean", value: value ? "true" : "false")
    case .null, .strings, .other: nil
    }
  }

  /// The digits of a number in canonical spelling, such as `17e8`; nil for one that is not whole or does not fit.
  private static func integer(_ canonical: String) -> String? {
    let parts = canonical.split(separator: "e")
    // No number of 64 bits ends with more zeros than these.
    guard let zeros = parts.count == 2 ? Int(parts[1]) : 0, (0...19).contains(zeros) else { return nil }
    let digits = parts[0] + String(repeating: "0", count: zeros)
    return Int64(digits).map { String($0) } ?? UInt64(digits).map { String($0) }
  }
}

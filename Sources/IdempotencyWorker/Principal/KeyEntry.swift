import JWTKit

/// What a key set is: `{"keys": […]}`.
struct KeyFile: Decodable {
  let keys: [KeyEntry]
}

/// One key of a key set, and what it may be used for.
///
/// Read with care, because JWTKit refuses a whole set for one key that it does not know, while a set may well hold keys
/// for other purposes, which are to be ignored (RFC 7517 section 5).
struct KeyEntry: Decodable {
  /// What becomes of a key.
  enum Use {
    /// It is for something else.
    case ignored(String)
    /// It verifies signatures of these algorithms.
    case verify(JWK, [JWK.Algorithm])
  }

  private enum Member: String, CodingKey {
    case type = "kty"
    case use
    case algorithm = "alg"
    case identifier = "kid"
    case operations = "key_ops"
    case curve = "crv"
    case secret = "k"
    case privateExponent = "d"
  }

  let identifier: String?
  private let type: String
  private let use: String?
  private let algorithm: String?
  private let operations: [String]?
  private let curve: String?
  private let isSecret: Bool
  private let key: Result<JWK, any Error>

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Member.self)
    type = try members.decode(String.self, forKey: .type)
    use = try members.decodeIfPresent(String.self, forKey: .use)
    algorithm = try members.decodeIfPresent(String.self, forKey: .algorithm)
    identifier = try members.decodeIfPresent(String.self, forKey: .identifier)
    operations = try members.decodeIfPresent([String].self, forKey: .operations)
    curve = try members.decodeIfPresent(String.self, forKey: .curve)
    isSecret = members.contains(.secret) || members.contains(.privateExponent)
    key = Result { try JWK(from: decoder) }
  }

  /// Decides what the key is used for.
  ///
  /// - Parameter name: The key, as a sentence begins with it.
  /// - Returns: The key with its algorithms, or why it is left out.
  /// - Throws: `PrincipalError` for a key that says it is one for signatures and is none, or that is a secret.
  func use(_ name: String) throws(PrincipalError) -> Use {
    if isSecret || type == "oct" {
      throw PrincipalError(
        "\(name) is a private or symmetric key: whoever reads it can make tokens. Give the worker public keys only.")
    }
    if let use, use != "sig" { return .ignored("its use is \(use)") }
    if let operations, !operations.contains("verify") { return .ignored("its operations are not verify") }
    let possible = Self.algorithms(type: type, curve: curve)
    guard !possible.isEmpty else {
      return .ignored("\(curve.map { type + " " + $0 } ?? type) keys are not known here")
    }
    let algorithms = algorithm.map { named in possible.filter { $0.rawValue == named } } ?? possible
    guard !algorithms.isEmpty else { return .ignored("its algorithm \(algorithm ?? "") is not known here") }
    do {
      return .verify(try key.get(), algorithms)
    } catch {
      throw PrincipalError("\(name) cannot be read: its members are not those of an \(type) key.")
    }
  }

  /// The signatures that a key of this type can verify; no `none`, and no HMAC (RFC 8725 section 3.1).
  private static func algorithms(type: String, curve: String?) -> [JWK.Algorithm] {
    switch (type, curve) {
    case ("RSA", _): [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
    case ("EC", "P-256"): [.es256]
    case ("EC", "P-384"): [.es384]
    case ("EC", "P-521"): [.es512]
    case ("OKP", "Ed25519"): [.eddsa]
    default: []
    }
  }
}

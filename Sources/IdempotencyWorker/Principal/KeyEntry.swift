import JWTKit

/// What a key set is: `{"keys": […]}`.
struct KeyFile: Decodable {
  /// In their order; nil for what is no key.
  let keys: [KeyEntry?]

  private enum Member: CodingKey { case keys }

  /// An element, whatever it is.
  private struct Element: Decodable {
    let entry: KeyEntry?

    init(from decoder: any Decoder) { entry = try? KeyEntry(from: decoder) }
  }

  init(from decoder: any Decoder) throws {
    keys = try decoder.container(keyedBy: Member.self).decode([Element].self, forKey: .keys).map(\.entry)
  }
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
    /// Its members are not those of a key of its type.
    case unreadable(String)
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
  /// - Returns: The key with its algorithms, or why it is left out: a sentence's end.
  /// - Throws: `PrincipalError` for a key that is a secret.
  func use(_ name: String) throws(PrincipalError) -> Use {
    if isSecret || type == "oct" {
      throw PrincipalError(
        "\(name) is a private or symmetric key: whoever reads it can make tokens. Give the worker public keys only.")
    }
    if let use, use != "sig" { return .ignored("its use is \(Self.shown(use))") }
    if let operations, !operations.contains("verify") { return .ignored("its operations are not verify") }
    let possible = Self.algorithms(type: type, curve: curve)
    guard !possible.isEmpty else {
      return .ignored("\(Self.shown(curve.map { type + " " + $0 } ?? type)) keys are not known here")
    }
    let algorithms = algorithm.map { named in possible.filter { $0.rawValue == named } } ?? possible
    guard !algorithms.isEmpty else { return .ignored("its algorithm \(Self.shown(algorithm ?? "")) is not known here") }
    do {
      return .verify(try key.get(), algorithms)
    } catch {
      return .unreadable("cannot be read: its members are not those of an \(type) key")
    }
  }

  /// A text from a set as it may stand in a sentence and in the log: of one line, and short.
  static func shown(_ text: String) -> String {
    let bytes = text.utf8.prefix(64).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: bytes, as: UTF8.self) + (text.utf8.count > 64 ? "…" : "")
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

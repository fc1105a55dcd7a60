import CryptoExtras
import Foundation
import Idempotency
import JWTKit

@testable import IdempotencyWorker

/// An issuer of tokens with keys of its own, and the key set that it publishes.
struct TestIssuer: Sendable {
  let es = ES256PrivateKey()
  let ed: EdDSA.PrivateKey
  let rsa: JWTKit.Insecure.RSA.PrivateKey
  private let signers: JWTKeyCollection

  // Made once: half a second each in a debug build.
  private static let ownRSA = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
  static let otherRSA = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

  init(rsa: Result<_RSA.Signing.PrivateKey, any Error> = ownRSA) async throws {
    ed = try EdDSA.PrivateKey()
    self.rsa = try JWTKit.Insecure.RSA.PrivateKey(backing: rsa.get())
    signers = JWTKeyCollection()
    await signers.add(ecdsa: es, kid: "es")
    await signers.add(eddsa: ed, kid: "ed")
    await signers.add(rsa: self.rsa, digestAlgorithm: .sha256, kid: "rs")
    await signers.add(pss: self.rsa, digestAlgorithm: .sha256, kid: "ps")
  }

  /// Signs a token with a key; it names that key, unless another is given, or none (empty).
  ///
  /// It expires in an hour unless its claims say otherwise, or it must not.
  func token(
    _ claims: [String: TestClaim], key: String, kid: String? = nil, header: [String: JWTHeaderField] = [:],
    expires: Bool = true
  ) async throws -> String {
    var fields = header
    fields["alg"] = .string(try await signers.getKey(for: JWKIdentifier(string: key)).name)
    fields["kid"] = kid == "" ? nil : .string(kid ?? key)
    let claims = expires ? claims.merging(["exp": .in(3_600)]) { own, _ in own } : claims
    let parts = [try JSONEncoder().encode(fields), try JSONEncoder().encode(claims)]
    return try await signed(parts.map { String(decoding: $0, as: UTF8.self) }, key: key)
  }

  /// Signs a header and a payload, whatever they are.
  func signed(_ parts: [String], key: String) async throws -> String {
    let signed = parts.map { Self.base64URL(Array($0.utf8)) }.joined(separator: ".")
    let algorithm = try await signers.getKey(for: JWKIdentifier(string: key))
    return signed + "." + Self.base64URL(try algorithm.sign(Array(signed.utf8)))
  }

  /// Signs a payload of alice, which ends with these members, behind an ordinary header.
  func token(_ members: String, header: String = "", key: String = "es") async throws -> String {
    let algorithm = try await signers.getKey(for: JWKIdentifier(string: key)).name
    let header = #"{"alg":"\#(algorithm)","kid":"\#(key)"\#(header)}"#
    return try await signed([header, #"{"iss":"https://issuer.example","sub":"alice"\#(members)}"#], key: key)
  }

  /// The published keys as members of a key set.
  func jwk(_ key: String, _ more: [String: String] = [:]) throws -> [String: String] {
    var members = ["kid": key]
    switch key {
    case "es":
      let point = es.publicKey.parameters
      members.merge(["kty": "EC", "crv": "P-256", "x": Self.urlSafe(point?.x), "y": Self.urlSafe(point?.y)]) { $1 }
    case "ed":
      members.merge(
        ["kty": "OKP", "crv": "Ed25519", "x": Self.base64URL(Array(ed.publicKey.rawRepresentation))]) { $1 }
    default:
      let primitives = try rsa.publicKey.getKeyPrimitives()
      members.merge([
        "kty": "RSA", "alg": key == "ps" ? "PS256" : "RS256", "n": Self.base64URL(Array(primitives.modulus)),
        "e": Self.base64URL(Array(primitives.publicExponent)),
      ]) { $1 }
    }
    return members.merging(more) { $1 }.filter { !$0.value.isEmpty }
  }

  /// Publishes keys.
  func keysFile(_ keys: [String]) throws -> TestFile {
    try TestFile(keys: keys.map { try jwk($0) })
  }

  static func base64URL(_ bytes: [UInt8]) -> String { urlSafe(Data(bytes).base64EncodedString()) }

  private static func urlSafe(_ base64: String?) -> String {
    (base64 ?? "").replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}

/// A file that goes when the test does.
final class TestFile: Sendable {
  let path: String

  init(_ text: String) throws {
    path = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString).json").path
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  convenience init(keys: [[String: String]]) throws {
    try self.init(String(decoding: JSONEncoder().encode(["keys": keys]), as: UTF8.self))
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// A claim of a test's token.
enum TestClaim: Encodable, Sendable, ExpressibleByStringLiteral {
  case string(String)
  case integer(Int64)
  case fraction(Double)
  case bool(Bool)
  case null
  case list

  init(stringLiteral value: String) { self = .string(value) }

  /// So many seconds from now.
  static func `in`(_ seconds: Int64) -> TestClaim { .integer(Int64(Date().timeIntervalSince1970) + seconds) }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .string(let text): try value.encode(text)
    case .integer(let number): try value.encode(number)
    case .fraction(let number): try value.encode(number)
    case .bool(let flag): try value.encode(flag)
    case .null: try value.encodeNil()
    case .list: try value.encode(["a", "b"])
    }
  }
}

extension PrincipalResolver {
  /// Callers that tokens name, by the keys of a file.
  static func tokens(
    _ file: TestFile, header: String = "authorization", claims: [String] = ["iss", "sub"],
    missing: Principal.Missing = .reject, metrics: TokenMetrics? = nil, _ change: (inout JWTSettings) -> Void = { _ in }
  ) async throws -> PrincipalResolver {
    var settings = JWTSettings(keys: .file(file.path))
    settings.header = header
    settings.claims = claims
    change(&settings)
    return try .jwt(settings, keys: .file(try await KeySet(file: file.path)), missing: missing, metrics: metrics)
  }

  /// Who sent these fields, or why nobody can tell; verified if need be.
  func answer(_ fields: [String: [String]]) async -> Caller {
    switch resolve({ fields[$0] ?? [] }) {
    case .known(let caller): caller
    case .verify(let verify): await verify()
    }
  }

  /// Who sent these fields.
  func caller(_ fields: [String: [String]]) async -> Principal? {
    if case .known(let principal) = await answer(fields) { principal } else { nil }
  }

  /// Who sent this field.
  func caller(_ name: String, _ value: String) async -> Principal? {
    await caller([name: [value]])
  }

  /// Why a bearer of this token is nobody, as metrics say it; `known` if it is somebody.
  func word(_ token: String) async -> String {
    await answer(["authorization": ["Bearer \(token)"]]).word
  }
}

extension Caller {
  /// Why it is nobody, as metrics say it; `known` if it is somebody.
  var word: String {
    guard case .unknown(let reason) = self else { return "known" }
    return TokenRefusal.allCases.first { $0.unidentified == reason }?.rawValue ?? "\(reason)"
  }
}

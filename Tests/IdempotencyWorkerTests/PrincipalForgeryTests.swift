import Crypto
import Idempotency
import JWTKit
import Testing

@testable import IdempotencyWorker

@Suite struct PrincipalForgeryTests {
  private let issuer: TestIssuer
  private let resolver: PrincipalResolver
  private let alice: [String: TestClaim] = ["iss": "https://issuer.example", "sub": "alice"]

  init() async throws {
    issuer = try await TestIssuer()
    resolver = try await .tokens(try issuer.keysFile(["es", "ed", "rs"]))
  }

  @Test("A token that was not signed by one of the keys is nobody's")
  func forged() async throws {
    let stranger = try await TestIssuer(rsa: TestIssuer.otherRSA)
    var tokens = [try await stranger.token(alice, key: "es"), try await stranger.token(alice, key: "rs")]
    let token = try await issuer.token(alice, key: "es")
    let parts = token.split(separator: ".").map(String.init)
    let claims = TestIssuer.base64URL(Array(#"{"iss":"https://issuer.example","sub":"bob"}"#.utf8))
    let none = TestIssuer.base64URL(Array(#"{"alg":"none","typ":"JWT"}"#.utf8))
    let noneKnown = TestIssuer.base64URL(Array(#"{"alg":"none","kid":"es"}"#.utf8))
    tokens += [
      "\(parts[0]).\(claims).\(parts[2])", "\(parts[0]).\(parts[1]).", "\(none).\(parts[1]).",
      "\(none).\(parts[1]).\(parts[2])", "\(noneKnown).\(parts[1]).", "\(parts[0]).\(parts[1])", "..", "x.y.z",
      token + ".x", String(token.dropLast(4)),
    ]
    for token in tokens { #expect(await resolver.caller("authorization", "Bearer \(token)") == nil, "\(token)") }
    #expect(await resolver.caller("authorization", "Bearer \(token)") != nil)
  }

  @Test("A public key is no HMAC secret, in whatever form, and an algorithm is the key's own")
  func confusion() async throws {
    let pem = issuer.rsa.publicKey.pemRepresentation
    let secrets: [[UInt8]] = [
      Array(pem.utf8), Array(issuer.rsa.publicKey.derRepresentation),
      Array(try issuer.rsa.publicKey.getKeyPrimitives().modulus), Array(issuer.ed.publicKey.rawRepresentation),
    ]
    for algorithm in ["HS256", "RS256", "EdDSA"] {
      for kid in ["rs", "ed"] {
        let signed = [#"{"alg":"\#(algorithm)","kid":"\#(kid)"}"#, #"{"iss":"https://issuer.example","sub":"alice"}"#]
          .map { TestIssuer.base64URL(Array($0.utf8)) }.joined(separator: ".")
        for secret in secrets {
          let mac = Crypto.HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: secret))
          let token = signed + "." + TestIssuer.base64URL(Array(mac))
          #expect(await resolver.caller("authorization", "Bearer \(token)") == nil)
        }
      }
    }
    // Signed well, but by an algorithm that this key is not for.
    let token = try await issuer.token(alice, key: "ps", kid: "rs")
    #expect(await resolver.caller("authorization", "Bearer \(token)") == nil)
  }

  @Test("A critical extension that nobody understands refuses the token")
  func critical() async throws {
    let token = try await issuer.token(
      alice, key: "es", header: ["crit": .array([.string("b64")]), "b64": .bool(true)])
    #expect(await resolver.caller("authorization", "Bearer \(token)") == nil)
  }
}

import Crypto
import Foundation
import Idempotency
import Testing

@testable import IdempotencyWorker

@Suite struct PrincipalKeySetTests {
  private func failure(_ file: TestFile) async -> String {
    do {
      _ = try await KeySet(file: file.path)
      return "no error"
    } catch {
      return error.description
    }
  }

  @Test("A token finds its key by name and algorithm; a name that nobody bears finds those without one")
  func candidates() async throws {
    let issuer = try await TestIssuer()
    let file = try TestFile(keys: [
      issuer.jwk("es"), issuer.jwk("ed", ["kid": ""]), issuer.jwk("rs"), issuer.jwk("ps", ["kid": "any", "alg": ""]),
    ])
    let keys = try await KeySet(file: file.path)
    func names(_ identifier: String?, _ algorithm: String) -> [String] {
      keys.candidates(identifier: identifier, algorithm: algorithm)?.map { $0.identifier ?? "-" } ?? ["too many"]
    }
    #expect(names("es", "ES256") == ["es"])
    #expect(names("other", "ES256") == [])
    #expect(names("other", "EdDSA") == ["-"])
    #expect(names(nil, "RS256") == ["rs", "any"])
    #expect(names("any", "PS512") == ["any"])
    #expect(names("rs", "PS256") == [])
    for algorithm in ["none", "None", "NONE", "HS256", "ES384", "RSA-OAEP", ""] { #expect(names(nil, algorithm) == []) }
  }

  @Test("A token without a key's name is tried on all that fit")
  func unnamed() async throws {
    let issuer = try await TestIssuer()
    let other = try await TestIssuer(rsa: TestIssuer.otherRSA)
    let file = try TestFile(keys: [other.jwk("rs", ["kid": "new"]), issuer.jwk("rs", ["kid": "old"])])
    let resolver = try await PrincipalResolver.tokens(file, header: "x-token", claims: ["sub"])
    let token = try await issuer.token(["sub": "alice"], key: "rs", kid: "old")
    #expect(await resolver.caller("x-token", token) == Principal("sub", "alice"))
    let wrong = try await issuer.token(["sub": "alice"], key: "rs", kid: "new")
    #expect(await resolver.caller("x-token", wrong) == nil)
    let unnamed = try await issuer.token(["sub": "alice"], key: "rs", kid: "")
    #expect(await resolver.caller("x-token", unnamed) == Principal("sub", "alice"))
  }

  @Test("Keys for other purposes are left out, with a remark")
  func remarks() async throws {
    let issuer = try await TestIssuer()
    let file = try TestFile(keys: [
      issuer.jwk("es"), issuer.jwk("rs", ["kid": "oaep", "use": "enc", "alg": "RSA-OAEP"]),
      issuer.jwk("rs", ["kid": "odd", "alg": "RS1"]),
      ["kty": "EC", "crv": "secp256k1", "kid": "coin", "x": "a", "y": "b"],
      ["kty": "AKP", "kid": "new"],
    ])
    let keys = try await KeySet(file: file.path)
    #expect(keys.remarks.count == 4)
    #expect(keys.remarks[0] == "Key 2 (kid oaep) of the keys file \(file.path) is not used: its use is enc.")
    #expect(
      keys.remarks.dropFirst().map { $0.components(separatedBy: "is not used: ").last } == [
        "its algorithm RS1 is not known here.", "EC secp256k1 keys are not known here.", "AKP keys are not known here.",
      ])
    #expect(keys.candidates(identifier: nil, algorithm: "RS256")?.isEmpty == true)
  }

  @Test("What is wrong with a keys file is said in a sentence")
  func failures() async throws {
    let issuer = try await TestIssuer()
    let absent = try TestFile("")
    try FileManager.default.removeItem(atPath: absent.path)
    #expect(await failure(absent).hasSuffix("does not exist."))
    for text in ["", "[]", "{}", #"{"keys":{}}"#, "-----BEGIN PUBLIC KEY-----"] {
      #expect(await failure(try TestFile(text)).contains("is no JSON Web Key Set"), "\(text)")
    }
    for key in ["{}", "1", "null", #"{"kty":"RSA","kid":7}"#] {
      #expect(
        await failure(try TestFile("{\"keys\":[\(key)]}")).contains("has no kty, or a member that is no"), "\(key)")
    }
    #expect(await failure(try TestFile(#"{"keys":[]}"#)).contains("has no key that tokens can be verified by"))
    #expect(await failure(try TestFile(keys: [issuer.jwk("rs", ["alg": "HS256"])])).contains("has no key"))
    let short = TestIssuer.base64URL(Array(repeating: 0xFF, count: 128))
    #expect(await failure(try TestFile(keys: [issuer.jwk("rs", ["n": short])])).contains("is no valid key for RS256"))
    #expect(await failure(try TestFile(keys: [issuer.jwk("es", ["d": "AAAA"])])).contains("is a private or symmetric"))
    #expect(await failure(try TestFile(keys: [["kty": "oct", "k": "AAAA"]])).contains("is a private or symmetric"))
    #expect(await failure(try TestFile(keys: [issuer.jwk("es", ["x": "AAAA"])])).contains("is no valid key for ES256"))
    #expect(await failure(try TestFile(keys: [issuer.jwk("es", ["y": ""])])).contains("is no valid key for ES256"))
    #expect(await failure(try TestFile(keys: [issuer.jwk("rs", ["n": ""])])).contains("is no valid key for RS256"))
    let many = try (0...KeySet.maximumKeys).map { _ in try issuer.jwk("ed") }
    #expect(await failure(try TestFile(keys: many)).contains("has 65 keys, more than 64"))
    #expect(await failure(try TestFile(String(repeating: " ", count: KeySet.maximumSize + 1))).contains("larger than"))
    let file = try issuer.keysFile(["es"])
    await #expect(throws: PrincipalError.self) {
      try await PrincipalResolver.tokens(file, claims: [])
    }
  }

  @Test("A cache forgets the oldest above its bound, and every token when it expires or after a minute")
  func cache() {
    let cache = TokenCache()
    let now = Date(timeIntervalSince1970: 1_000_000)
    let digests = (0..<(TokenCache.limit + 10)).map { SHA256.hash(data: Array(String($0).utf8)) }
    for (index, digest) in digests.enumerated() {
      cache.add(Principal("sub", String(index)), digest, until: nil, at: now)
    }
    #expect(cache.count == TokenCache.limit)
    #expect(cache.principal(digests[9], at: now) == nil)
    #expect(cache.principal(digests[10], at: now) == Principal("sub", "10"))
    #expect(cache.principal(digests[10], at: now + 59) == Principal("sub", "10"))
    #expect(cache.principal(digests[10], at: now + 60) == nil)
    #expect(cache.principal(digests[10], at: now - 1) == nil)
    cache.add(Principal("sub", "short"), digests[0], until: now + 5, at: now)
    #expect(cache.principal(digests[0], at: now + 4) == Principal("sub", "short"))
    #expect(cache.principal(digests[0], at: now + 5) == nil)
    cache.add(Principal("sub", "short"), digests[0], until: nil, at: now + 5)
    #expect(cache.principal(digests[0], at: now + 6) == Principal("sub", "short"))
    // W8: the keys that it was verified by are not in force any more.
    #expect(cache.principal(digests[0], generation: 1, at: now + 6) == nil)
    #expect(cache.count == TokenCache.limit)
  }

  @Test("The clock that times are compared with is the verifier's")
  func clock() async throws {
    let issuer = try await TestIssuer()
    let file = try issuer.keysFile(["es"])
    let keys = try await KeySet(file: file.path)
    let token = try await issuer.token(["sub": "alice", "exp": .integer(1_000), "nbf": .integer(900)], key: "es")
    func word(_ time: Double, _ leeway: Double?) async -> String {
      let verifier = TokenVerifier(
        keys: .file(keys), claims: ["sub"], rules: TokenRules(leeway: leeway),
        now: { Date(timeIntervalSince1970: time) })
      guard case .verify(let verify) = verifier.resolve(token) else { return "not verified" }
      return await verify().word
    }
    for (time, expected) in [
      (839.5, "not-yet-valid"), (840.5, "known"), (999.9, "known"), (1_000.0, "expired"),
    ] { #expect(await word(time, nil) == expected, "\(time)") }
    // W8: a leeway that is configured counts on either side.
    for (time, expected) in [
      (889.5, "not-yet-valid"), (890.5, "known"), (1_009.9, "known"), (1_010.0, "expired"),
    ] { #expect(await word(time, 10) == expected, "\(time)") }
    #expect(await word(899.9, 0) == "not-yet-valid")
  }
}

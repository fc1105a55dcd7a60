import Foundation
import Idempotency
import Testing

@testable import IdempotencyWorker

@Suite("W8: what a token must say besides who is calling")
struct PrincipalRulesTests {
  private let issuer: TestIssuer

  init() async throws {
    issuer = try await TestIssuer()
  }

  private func resolver(_ change: (inout JWTSettings) -> Void = { _ in }) async throws -> PrincipalResolver {
    try await .tokens(try issuer.keysFile(["es", "ed"]), change)
  }

  /// Tokens of alice whose payload ends with these members, and the word for each.
  private func expect(
    _ cases: [(members: String, word: String)], header: String = "",
    sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout JWTSettings) -> Void
  ) async throws {
    let resolver = try await resolver(change)
    for (members, word) in cases {
      let token = try await issuer.token(members, header: header)
      let found = await resolver.word(token)
      #expect(found == word, "\(members)", sourceLocation: sourceLocation)
    }
  }

  private static let end = #","exp":4000000000"#

  @Test("W8 iss is compared exactly")
  func issuers() async throws {
    let resolver = try await resolver {
      $0.claims = ["sub"]
      $0.issuer = "https://caf\u{E9}.example"
    }
    let cases = [
      (#""https://café.example""#, "known"), (#""https://caf\u00e9.example""#, "known"),
      (#""https:\/\/caf\u00E9.example""#, "known"), (#""https://cafe\u0301.example""#, "not-for-us"),
      (#""https://CAF\u00c9.example""#, "not-for-us"), (#""https://café.example/""#, "not-for-us"),
      ("\"\"", "not-for-us"), (#"["https://café.example"]"#, "malformed"), ("null", "malformed"), ("7", "malformed"),
    ]
    for (value, word) in cases {
      let payload = #"{"iss":\#(value),"sub":"alice"\#(Self.end)}"#
      let token = try await issuer.signed([#"{"alg":"ES256","kid":"es"}"#, payload], key: "es")
      #expect(await resolver.word(token) == word, "\(value)")
    }
    let nobody = #"{"sub":"alice"\#(Self.end)}"#
    let token = try await issuer.signed([#"{"alg":"ES256","kid":"es"}"#, nobody], key: "es")
    #expect(await resolver.word(token) == "not-for-us")
  }

  @Test("W8 aud names one of the configured audiences, as a string or in a list")
  func audiences() async throws {
    let cases = [
      (#","aud":"wallet""#, "known"), (#","aud":["other","wallet"]"#, "known"), (#","aud":"second""#, "known"),
      (#","aud":"Wallet""#, "not-for-us"), (#","aud":"wallet ""#, "not-for-us"), (#","aud":[]"#, "not-for-us"),
      (#","aud":["other"]"#, "not-for-us"), ("", "not-for-us"), (#","aud":"wallet,second""#, "not-for-us"),
      (#","aud":["wallet",7]"#, "malformed"), (#","aud":[["wallet"]]"#, "malformed"), (#","aud":7"#, "malformed"),
      (#","aud":{"wallet":1}"#, "malformed"), (#","aud":null"#, "malformed"),
    ]
    try await expect(cases.map { ($0.0 + Self.end, $0.1) }) { $0.audience = ["wallet", "second"] }
    // Without a configured audience nothing of it counts.
    try await expect(cases.map { ($0.0 + Self.end, "known") }) { _ in }
  }

  @Test("W8 typ is a media type: in any case, with or without application/, by default that of a login or access token")
  func types() async throws {
    let usual = [
      ("", "known"), (#","typ":"JWT""#, "known"), (#","typ":"jwt""#, "known"), (#","typ":"application/JWT""#, "known"),
      (#","typ":"at+jwt""#, "known"), (#","typ":"Application/AT+JWT""#, "known"), (#","typ":null"#, "known"),
      (#","typ":"logout+jwt""#, "not-for-us"), (#","typ":"application/secevent+jwt""#, "not-for-us"),
      (#","typ":"dpop+jwt""#, "not-for-us"), (#","typ":"application/a/jwt""#, "not-for-us"),
      (#","typ":"application/""#, "not-for-us"), (#","typ":"jwt ""#, "not-for-us"), (#","typ":7"#, "malformed"),
      (#","typ":["JWT"]"#, "malformed"),
    ]
    for (header, word) in usual { try await expect([(Self.end, word)], header: header) { _ in } }
    let strict = [
      (#","typ":"AT+jwt""#, "known"), (#","typ":"application/at+jwt""#, "known"), ("", "not-for-us"),
      (#","typ":"JWT""#, "not-for-us"), (#","typ":"""#, "not-for-us"),
    ]
    for (header, word) in strict {
      try await expect([(Self.end, word)], header: header) { $0.types = ["at+jwt"] }
    }
  }

  @Test("W8 a token must say when it expires, in a number, and leeway is what is configured")
  func times() async throws {
    let now = Int(Date.now.timeIntervalSince1970)
    let cases = [
      ("", "no-expiry"), (#","exp":\#(now + 60)"#, "known"), (#","exp":\#(now + 60).5"#, "known"),
      (#","exp":4e9"#, "known"), (#","exp":1e300"#, "known"), (#","exp":1e400"#, "malformed"),
      (#","exp":1e99999999999999999999"#, "malformed"), (#","exp":-1"#, "expired"), (#","exp":-1e300"#, "expired"),
      (#","exp":0"#, "expired"), (#","exp":"\#(now + 60)""#, "malformed"), (#","exp":null"#, "malformed"),
      (#","exp":[\#(now + 60)]"#, "malformed"), (#","exp":true"#, "malformed"), (#","exp":\#(now - 5)"#, "expired"),
      (#","exp":4e9,"nbf":1e400"#, "malformed"), (#","exp":4e9,"nbf":\#(now + 30)"#, "known"),
      (#","exp":4e9,"nbf":\#(now + 90)"#, "not-yet-valid"), (#","exp":4e9,"nbf":"0""#, "malformed"),
    ]
    try await expect(cases) { _ in }
    try await expect([("", "known"), (#","exp":\#(now - 5)"#, "expired")]) { $0.requiresExpiry = false }
    let leeway = [
      (#","exp":\#(now - 5)"#, "known"), (#","exp":\#(now - 200)"#, "expired"),
      (#","exp":4e9,"nbf":\#(now + 90)"#, "known"), (#","exp":4e9,"nbf":\#(now + 200)"#, "not-yet-valid"),
    ]
    try await expect(leeway) { $0.leeway = .seconds(120) }
    try await expect([(#","exp":4e9,"nbf":\#(now + 30)"#, "not-yet-valid")]) { $0.leeway = .zero }
  }

  @Test("W8 what two readers could read in two ways is no token")
  func strict() async throws {
    let ends = [
      #","sub":"bob""#, #","\u0073ub":"bob""#, #","exp":4000000001"#, #","x":"\ud800""#, #","x":{"a":1,"a":2}"#,
      #","x":01"#, #"}{"#, #","x":"# + String(repeating: "[", count: 200) + String(repeating: "]", count: 200),
    ]
    try await expect(ends.map { (Self.end + $0, "malformed") }) { _ in }
    let resolver = try await resolver()
    let header = #"{"alg":"ES256","kid":"es"}"#
    let list = #"[{"iss":"a","sub":"b","exp":4000000000}]"#
    for payload in ["[]", #""alice""#, "7", "null", "", "{", list, "\u{FEFF}{}"] {
      let token = try await issuer.signed([header, payload], key: "es")
      #expect(await resolver.word(token) == "malformed", "\(payload)")
    }
    // Only of its own kind is a claim missing.
    try await expect([(Self.end, "unnamed")]) { $0.claims = ["sub", "email"] }
    try await expect([(Self.end + #","email":{"a":1}"#, "unnamed")]) { $0.claims = ["email"] }
    // A name in which a pointer has escapes is one name.
    try await expect([(Self.end + #","https://a/b~c":"x""#, "known")]) { $0.claims = ["https://a/b~c"] }
    try await expect([(Self.end + ",\"\u{212A}id\":\"x\"", "unnamed")]) { $0.claims = ["Kid"] }
  }

  @Test("W8 a header from anybody neither ends the process nor is read in two ways")
  func headers() async throws {
    let resolver = try await resolver()
    let payload = #"{"iss":"https://issuer.example","sub":"alice"\#(Self.end)}"#
    let cases = [
      // JWTKit's own reader turns this into a whole number, and dies of it.
      (#"{"alg":"ES256","kid":"es","x":1e300}"#, "known"), (#"{"alg":"ES256","kid":"es","x":-1e300}"#, "known"),
      (#"{"alg":"none","alg":"ES256","kid":"es"}"#, "malformed"),
      (#"{"alg":"ES256","kid":"es","kid":"ed"}"#, "malformed"),
      (#"{"alg":"ES256","kid":7}"#, "malformed"), (#"{"kid":"es"}"#, "malformed"), (#"{"alg":null}"#, "malformed"),
      (#"{"alg":"ES256","kid":"es","crit":[]}"#, "malformed"),
      (#"{"alg":"ES256","kid":"es","crit":null}"#, "malformed"),
      (#"{"alg":"ES256","kid":"es","crit":["exp"],"exp":1}"#, "malformed"),
      (#"{"alg":"ES256","kid":"es","b64":false,"crit":["b64"]}"#, "malformed"),
      (#"["alg"]"#, "malformed"), ("", "malformed"), (#"{"alg":"ES256","kid":"ES"}"#, "unknown-key"),
      (#"{"alg":"es256","kid":"es"}"#, "unknown-key"), (#"{"alg":"HS256","kid":"es"}"#, "unknown-key"),
      (#"{"alg":"EdDSA","kid":"es"}"#, "unknown-key"), (#"{"alg":"ES256","kid":""}"#, "unknown-key"),
      (#"{"alg":"ES256","kid":"\#(String(repeating: "k", count: 8_000))"}"#, "unknown-key"),
      (#"{"alg":"ES256","kid":"\#(String(repeating: "k", count: 8_200))"}"#, "malformed"),
      (#"{"alg":"ES256","kid":"es","jwk":{"kty":"oct","k":"AA"},"jku":"http://127.0.0.1:1/"}"#, "known"),
    ]
    for (header, word) in cases {
      let token = try await issuer.signed([header, payload], key: "es")
      #expect(await resolver.word(token) == word, "\(header.prefix(80))")
    }
    let token = try await issuer.token(Self.end)
    let long = token + String(repeating: "A", count: BearerField.longest)
    #expect(await resolver.word(long) == "malformed")
    #expect(await resolver.answer([:]).word == "missing")
  }

  @Test("W8 each reason has its own words, and the challenge an error where there was a token")
  func words() {
    let reasons = TokenRefusal.allCases.map(\.unidentified)
    #expect(Set(reasons.map(\.detail)).count == reasons.count)
    for (refusal, reason) in zip(TokenRefusal.allCases, reasons) {
      switch refusal {
      case .missing: #expect(reason.challenge == nil && !reason.isTemporary)
      case .busy, .noKeys: #expect(reason.challenge == nil && reason.isTemporary)
      default:
        #expect(reason.challenge == #"error="invalid_token", error_description="\#(reason.detail)""#)
        #expect(!reason.isTemporary)
        // RFC 6750 section 3.
        #expect(reason.detail.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
      }
    }
  }

  @Test("W8 tokens are counted by what was found in them")
  func counted() async throws {
    let registry = PrometheusRegistry()
    let resolver = try await PrincipalResolver.tokens(
      try issuer.keysFile(["es"]), metrics: TokenMetrics(registry))
    let token = try await issuer.token(Self.end)
    for token in [token, token, token, try await issuer.token(#","exp":1"#), "a.b.c"] { _ = await resolver.word(token) }
    _ = await resolver.answer([:])
    let lines = registry.text().split(separator: "\n").filter { $0.hasPrefix("idempotency_tokens_total") }
    #expect(
      lines.filter { !$0.hasSuffix(" 0") } == [
        #"idempotency_tokens_total{result="expired"} 1"#, #"idempotency_tokens_total{result="malformed"} 1"#,
        #"idempotency_tokens_total{result="missing"} 1"#, #"idempotency_tokens_total{result="remembered"} 2"#,
        #"idempotency_tokens_total{result="verified"} 1"#,
      ])
    #expect(lines.count == TokenRefusal.allCases.count + 2)
  }
}

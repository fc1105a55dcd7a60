import Crypto
import Foundation
import NIOConcurrencyHelpers
import Testing
@testable import Harness

@Suite("W8 worker: tokens, and what callers are told about them", .timeLimit(.minutes(5)))
struct ProxyTokenTests {
  private let key = Curve25519.Signing.PrivateKey()

  private static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private func token(
    _ members: String = #","aud":"wallet","exp":4000000000"#, header: String = #"{"alg":"EdDSA","kid":"1"}"#,
    by key: Curve25519.Signing.PrivateKey? = nil
  ) throws -> String {
    let payload = #"{"iss":"https://id.example","sub":"alice"\#(members)}"#
    let text = Self.base64URL(header.utf8) + "." + Self.base64URL(payload.utf8)
    return text + "." + Self.base64URL(try (key ?? self.key).signature(for: Data(text.utf8)))
  }

  private var keys: String {
    let point = Self.base64URL(key.publicKey.rawRepresentation)
    return #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","use":"sig","x":"\#(point)"}]}"#
  }

  private func call(_ token: String?) -> String {
    .guarded(fields: token.map { ["Authorization: Bearer \($0)"] } ?? [])
  }

  /// A worker that fetches its keys from an address, which answers as it is told.
  private func withWorker(
    _ flags: [String], keys answer: @escaping @Sendable () -> String,
    _ body: (ProxyWorker, RawOrigin) async throws -> Void
  ) async throws {
    let issuer = try await RawOrigin.start(RawOrigin.answering { _ in answer() })
    var options = ProxyWorker.Options()
    options.flags =
      ["--principal-jwt-keys-url", "http://127.0.0.1:\(issuer.port)/jwks.json", "--principal-missing", "reject"] + flags
    options.hasAdmin = true
    do {
      try await ProxyWorker.run(try await RawOrigin.start(), options) { worker in try await body(worker, issuer) }
      await issuer.stop()
    } catch {
      await issuer.stop()
      throw error
    }
  }

  private func metrics(_ worker: ProxyWorker) async throws -> String {
    try await Call("GET", "/metrics", caller: nil).send(to: "http://127.0.0.1:\(worker.adminPort)").text
  }

  @Test("W8 a token is refused with its reason, and one for us runs and replays")
  func refusals() async throws {
    let keys = keys
    let flags = ["--principal-jwt-issuer", "https://id.example", "--principal-jwt-audience", "wallet,second"]
    try await withWorker(flags, keys: { .answer(200, keys) }) { worker, issuer in
      let foreign = "The token is of another issuer, for another audience, or of another type."
      let unread = "The token cannot be read, or is not the only one."
      let cases: [(String?, String, String)] = [
        (nil, "missing", "Keys belong to callers; this request has no token."),
        ("a.b.c", "malformed", unread), ("none", "malformed", unread),
        (try token(header: #"{"alg":"EdDSA","kid":"1","crit":["x"],"x":1}"#), "malformed", unread),
        (try token(#","aud":"wallet","exp":1000000000"#), "expired", "The token has expired."),
        (
          try token(#","aud":"wallet","exp":4000000000,"nbf":3999999999"#), "not-yet-valid",
          "The token is not valid yet."
        ),
        (try token(#","aud":"wallet""#), "no-expiry", "The token does not say when it expires."),
        (try token(#","aud":["other"],"exp":4000000000"#), "not-for-us", foreign),
        (try token(#","exp":4000000000"#), "not-for-us", foreign),
        (try token(header: #"{"alg":"EdDSA","kid":"1","typ":"logout+jwt"}"#), "not-for-us", foreign),
        (
          try token(by: Curve25519.Signing.PrivateKey()), "unknown-key",
          "The token was not signed with a key that is known here."
        ),
        // JWTKit's own reader of headers ends the process here.
        (
          try token(header: #"{"alg":"EdDSA","kid":"2","x":1e300}"#), "unknown-key",
          "The token was not signed with a key that is known here."
        ),
      ]
      for (token, word, detail) in cases {
        let answer = try await worker.send(call(token))
        #expect(answer.status == 401 && answer.label == "rejected", "\(word)")
        let error = token == nil ? "" : #" error="invalid_token", error_description="\#(detail)""#
        #expect(answer.values("WWW-Authenticate") == ["Bearer" + error])
        #expect(answer.text.contains(##""type":"/.well-known/idempotency#principal-missing""##))
        #expect(answer.text.contains(#""detail":"\#(detail)""#))
      }
      #expect(try worker.origin.requests.isEmpty)
      let good = call(try token(#","aud":["x","second"],"exp":4000000000"#))
      #expect(try await worker.send(good).label == "executed")
      #expect(try await worker.send(good).label == "replayed")
      let counts = Dictionary(grouping: cases, by: \.1).mapValues(\.count)
      let text = try await metrics(worker)
      for (word, count) in counts { #expect(text.contains(#"idempotency_tokens_total{result="\#(word)"} \#(count)"#)) }
      #expect(text.contains(#"idempotency_tokens_total{result="verified"} 1"#))
      #expect(text.contains(#"idempotency_tokens_total{result="remembered"} 1"#))
      #expect(text.contains("idempotency_keys_age_seconds "))
      // Fetched at the start, a moment ago: for the key 2 of nobody it is not asked again.
      #expect(try issuer.requests.map(\.target) == ["/jwks.json"])
    }
  }

  @Test("W8 without keys a worker is not ready, answers tokens with 503, and goes on when it has fetched some")
  func keysLater() async throws {
    let keys = keys
    let isThere = NIOLockedValueBox(false)
    let answer: @Sendable () -> String = { isThere.withLockedValue { $0 } ? .answer(200, keys) : .answer(500) }
    try await withWorker([], keys: answer) { worker, _ in
      func ready() async throws -> Reply {
        try await Call("GET", "/health/ready", caller: nil).send(to: "http://127.0.0.1:\(worker.adminPort)")
      }
      let request = call(try token())
      let answer = try await worker.send(request)
      #expect(answer.status == 503 && answer.label == "failed" && answer["Retry-After"] == "1")
      #expect(answer.text.contains("#not-ready") && answer["WWW-Authenticate"] == nil)
      let before = try await ready()
      #expect(before.status == 503)
      #expect(before.text.contains(#""detail":"It answered with 500.""#) && before.text.contains(#""name":"keys""#))
      // What is not guarded goes on.
      #expect(try await worker.send(.request()).status == 200)
      #expect(try worker.origin.requests.count == 1)
      isThere.withLockedValue { $0 = true }
      while try await ready().status != 200 { try await Task.sleep(for: .milliseconds(20)) }
      #expect(try await worker.send(request).label == "executed")
    }
  }
}

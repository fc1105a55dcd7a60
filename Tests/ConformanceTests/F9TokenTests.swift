import Crypto
import Foundation
import Testing
@testable import Harness

@Suite(
  "F9: callers that a token names", .eachKind,
  .only(.worker, because: "to the middleware an application says who is calling: it verifies its tokens itself"),
  .timeLimit(.minutes(10)))
struct TokenTests {
  private let key = Curve25519.Signing.PrivateKey()

  private static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// A token of its own, whatever it says.
  private func token(
    _ subject: String, issuer: String = "https://id.example", seconds: Int = 60,
    by key: Curve25519.Signing.PrivateKey? = nil
  ) throws -> String {
    let expiry = Int(Date.now.timeIntervalSince1970) + seconds
    let payload = #"{"iss":"\#(issuer)","sub":"\#(subject)","exp":\#(expiry),"jti":"\#(UUID())"}"#
    let text = Self.base64URL(#"{"alg":"EdDSA","kid":"1"}"#.utf8) + "." + Self.base64URL(payload.utf8)
    return text + "." + Self.base64URL(try (key ?? self.key).signature(for: Data(text.utf8)))
  }

  private func call(_ token: String?, key: String = "k") -> Call {
    Call(key: key, caller: nil, fields: token.map { [Field("Authorization", "Bearer " + $0)] } ?? [])
  }

  private var options: ClusterOptions {
    var options = ClusterOptions()
    let point = Self.base64URL(key.publicKey.rawRepresentation)
    options.tokenKeys = #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","use":"sig","x":"\#(point)"}]}"#
    options.challenge = "Bearer"
    return options
  }

  @Test("F9 a renewed token of the same caller replays; another's does not, whichever claim tells them apart")
  func renewed() async throws {
    try await withCluster(options) { cluster in
      let old = try token("alice")
      let first = try await cluster.send(call(old))
      expectExecuted(first)
      for node in 0...1 { expectReplay(try await cluster.send(call(try token("alice")), to: node), of: first) }
      let others = [
        try token("bob"), try token("Alice"), try token("alice", issuer: "https://other.example"),
      ]
      for other in others { expectExecuted(try await cluster.send(call(other), to: 1)) }
      // The origin sees whom it has to do with.
      #expect(cluster.origin.calls.map { $0["Authorization"] } == ([old] + others).map { "Bearer " + $0 })
      try await cluster.expectUntouched(calls: 4, records: 4)
      for record in try await cluster.records() {
        let stored = String(decoding: record.bytes, as: UTF8.self)
        for token in [old] + others { #expect(!stored.contains(token) && !record.key.contains(token)) }
      }
    }
  }

  @Test("F9 a token that is forged, over, missing or none at all names nobody, and the key is not consumed")
  func unidentified() async throws {
    try await withCluster(options) { cluster in
      let forged = try token("alice", by: Curve25519.Signing.PrivateKey())
      let over = try token("alice", seconds: -600)
      let notSigned = "The token was not signed with a key that is known here."
      let cases: [(String?, String?)] = [
        (forged, notSigned), (over, "The token has expired."), (nil, nil),
        ("none.of.it", "The token cannot be read, or is not the only one."),
        (String(try token("alice").dropLast(4)), notSigned),
      ]
      for (token, reason) in cases {
        let reply = try await cluster.send(call(token))
        try expect(reply, is: "principal-missing")
        let error = reason.map { #" error="invalid_token", error_description="\#($0)""# } ?? ""
        #expect(reply.values("WWW-Authenticate") == ["Bearer" + error])
      }
      try await cluster.expectUntouched()
      expectExecuted(try await cluster.send(call(try token("alice"))))
    }
  }
}

import Foundation
import Idempotency
import JWTKit
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import IdempotencyWorker

@Suite("W8: what a token can make a worker do is bounded", .timeLimit(.minutes(1)))
struct PrincipalBoundsTests {
  /// A key of the slowest kind, as members of a key set; without a name if it is empty.
  private func jwk(_ key: ES512PrivateKey, kid: String) -> [String: String] {
    func part(_ base64: String?) -> String {
      (base64 ?? "").replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
    let point = key.publicKey.parameters
    let members = ["kty": "EC", "crv": "P-521", "kid": kid, "x": part(point?.x), "y": part(point?.y)]
    return members.filter { !$0.value.isEmpty }
  }

  private func token(_ key: ES512PrivateKey, kid: String?) async throws -> String {
    let keys = JWTKeyCollection()
    let algorithm = try await keys.add(ecdsa: key, kid: "k").getKey(for: "k")
    let header = #"{"alg":"ES512"\#(kid.map { #","kid":"\#($0)""# } ?? "")}"#
    let signed = [header, #"{"iss":"i","sub":"alice","exp":4000000000}"#]
      .map { TestIssuer.base64URL(Array($0.utf8)) }.joined(separator: ".")
    return signed + "." + TestIssuer.base64URL(try algorithm.sign(Array(signed.utf8)))
  }

  @Test("W8 a token is tried on four keys at most: it names one of more, or it is refused before any is tried")
  func tries() async throws {
    let keys = (0..<KeySet.maximumKeys).map { _ in ES512PrivateKey() }
    for (count, word) in [(4, "known"), (5, "unknown-key"), (64, "unknown-key")] {
      let file = try TestFile(keys: keys.prefix(count).enumerated().map { jwk($1, kid: "k\($0)") })
      let resolver = try await PrincipalResolver.tokens(file)
      let last = keys[count - 1]
      #expect(await resolver.word(try await token(last, kid: nil)) == word, "\(count)")
      #expect(await resolver.word(try await token(last, kid: "k\(count - 1)")) == "known", "\(count)")
      #expect(await resolver.word(try await token(last, kid: "k0")) == "unknown-key", "\(count)")
      // A name that nobody bears finds no key, and no work.
      #expect(await resolver.word(try await token(last, kid: "k99")) == "unknown-key", "\(count)")
      let set = try await KeySet(file: file.path)
      let remark = "has more than 4 keys for ES512: a token that names none of them by kid is refused."
      #expect(set.remarks == (count == 4 ? [] : ["The keys file \(file.path) \(remark)"]))
    }
    // Five keys of one name, or without any, are as many.
    for kid in ["same", ""] {
      let file = try TestFile(keys: keys.prefix(5).map { jwk($0, kid: kid) })
      let resolver = try await PrincipalResolver.tokens(file)
      #expect(await resolver.word(try await token(keys[0], kid: "same")) == "unknown-key")
    }
  }

  @Test("W8 beyond the bound of tokens that wait a request is answered for later, and nothing is verified")
  func busy() async throws {
    let issuer = try await TestIssuer()
    let file = try issuer.keysFile(["es"])
    let keys = try await KeySet(file: file.path)
    let queue = VerificationQueue(limit: 2)
    let verifier = TokenVerifier(keys: .file(keys), claims: ["sub"], rules: TokenRules(), queue: queue)
    var tokens: [String] = []
    for name in ["alice", "bob"] { tokens.append(try await issuer.token(["sub": .string(name)], key: "es")) }
    func word(_ token: String) async -> String {
      switch verifier.resolve(token) {
      case .known(let caller): caller.word
      case .verify(let verify): await verify().word
      }
    }
    #expect(await word(tokens[0]) == "known")
    #expect(queue.enter() && queue.enter() && !queue.enter())
    // One that was verified a moment ago needs no place.
    #expect(await word(tokens[0]) == "known")
    #expect(await word(tokens[1]) == "busy")
    queue.leave()
    #expect(await word(tokens[1]) == "known")
    #expect(queue.count == 1)
  }

  @Test("W8 no more tokens are in work at once than the queue is wide")
  func width() async {
    for width in 1...2 {
      let queue = VerificationQueue(width: width)
      let running = NIOLockedValueBox((now: 0, most: 0))
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<200 {
          group.addTask {
            await queue.run {
              running.withLockedValue { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
              for _ in 0..<1_000 { _ = running.withLockedValue { $0.now } }
              running.withLockedValue { $0.now -= 1 }
            }
          }
        }
      }
      let counts = running.withLockedValue { $0 }
      #expect((1...width).contains(counts.most) && counts.now == 0)
    }
  }

  @Test("W8 a reload that changes issuer or audience knows no token of before")
  func reloaded() async throws {
    let issuer = try await TestIssuer()
    let file = try issuer.keysFile(["es"])
    let token = try await issuer.token(#","aud":"wallet","exp":4000000000"#)
    let directory = try ConfigurationDirectory()
    let metrics = WorkerMetrics(registry: PrometheusRegistry(), version: "0")
    let cases = [
      ("audience: wallet", "known"), ("audience: other", "not-for-us"),
      ("issuer: \"https://issuer.example\"", "known"), ("issuer: \"https://other.example\"", "not-for-us"),
    ]
    for (line, word) in cases {
      let text = ConfigurationRefusals.document("principal: { jwt: { keysFile: \"\(file.path)\", \(line) } }")
      let site = try await Site.load(
        try directory.load(text), keys: KeyRefresher(), metrics: metrics, logger: .init(label: "test"))
      let resolver = try #require(site.principals)
      for _ in 1...2 { #expect(await resolver.word(token) == word, "\(line)") }
      #expect(site.policies.challenge == "Bearer")
    }
  }
}

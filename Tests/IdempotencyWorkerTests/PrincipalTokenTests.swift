import Foundation
import Idempotency
import Testing

@testable import IdempotencyWorker

@Suite struct PrincipalTokenTests {
  private let issuer: TestIssuer

  init() async throws {
    issuer = try await TestIssuer()
  }

  private func resolver(
    header: String = "authorization", claims: [String] = ["iss", "sub"], missing: Principal.Missing = .reject,
    keys: [String] = ["es", "ed", "rs"]
  ) async throws -> PrincipalResolver {
    try await .tokens(try issuer.keysFile(keys), header: header, claims: claims, missing: missing)
  }

  private let alice: [String: TestClaim] = ["iss": "https://issuer.example", "sub": "alice"]
  private let principal = Principal(fields: [
    .init(name: "iss", value: "https://issuer.example"), .init(name: "sub", value: "alice"),
  ])

  @Test("A token of any of the issuer's keys names its caller", arguments: ["es", "ed", "rs", "ps"])
  func verified(key: String) async throws {
    let resolver = try await resolver(keys: ["es", "ed", "rs", "ps"])
    let token = try await issuer.token(alice, key: key)
    #expect(await resolver.caller("authorization", "Bearer \(token)") == principal)
  }

  @Test("F9: a renewed token of the same caller is the same caller")
  func renewed() async throws {
    let resolver = try await resolver()
    let first = try await issuer.token(alice.merging(["exp": .in(60), "jti": "1"]) { $1 }, key: "es")
    let second = try await issuer.token(alice.merging(["exp": .in(3600), "jti": "2"]) { $1 }, key: "rs")
    let other = try await issuer.token(alice.merging(["sub": "bob"]) { $1 }, key: "es")
    #expect(first != second)
    #expect(await resolver.caller("authorization", "Bearer \(first)") == principal)
    #expect(await resolver.caller("authorization", "Bearer \(second)") == principal)
    #expect(await resolver.caller("authorization", "Bearer \(other)") != principal)
  }

  @Test("The scheme has any case; another field holds the token alone")
  func fields() async throws {
    let token = try await issuer.token(alice, key: "es")
    let authorization = try await resolver()
    for value in ["Bearer \(token)", "bearer \(token)", "BEARER   \(token)"] {
      #expect(await authorization.caller("authorization", value) == principal)
    }
    for value in [
      token, "Basic \(token)", "Bearer\(token)", "Bearer", "Bearer ", "Bearer \(token) ", "Bearer a,\(token)",
    ] {
      #expect(await authorization.caller("authorization", value) == nil, "\(value)")
    }
    let bare = try await resolver(header: "X-Token")
    #expect(await bare.caller("x-token", token) == principal)
    #expect(await bare.caller("x-token", "Bearer \(token)") == nil)
  }

  @Test("A5: exp is honoured without leeway, nbf with a minute for an issuer's clock that is ahead")
  func times() async throws {
    let cases: [([String: TestClaim], Bool)] = [
      (["exp": .in(30)], true), (["exp": .in(-1)], false), (["exp": "soon"], false), (["nbf": .in(-5)], true),
      (["nbf": .in(50)], true), (["nbf": .in(120)], false), (["nbf": "now"], false),
    ]
    let resolver = try await resolver()
    for (claims, isKnown) in cases {
      let token = try await issuer.token(alice.merging(claims) { $1 }, key: "ed")
      #expect(await resolver.caller("authorization", "Bearer \(token)") == (isKnown ? principal : nil), "\(claims)")
    }
  }

  @Test("A claim that is missing, null, empty or no plain value identifies nobody; types stay apart")
  func claims() async throws {
    let resolver = try await resolver(claims: ["sub"])
    let unusable: [TestClaim?] = [nil, .null, "", .fraction(1.5), .list]
    for claim in unusable {
      let token = try await issuer.token(claim.map { ["sub": $0] } ?? [:], key: "ed")
      #expect(await resolver.caller("authorization", "Bearer \(token)") == nil, "\(String(describing: claim))")
    }
    var scopes: Set<Scope> = []
    let usable: [TestClaim] = [
      "7", .integer(7), "true", .bool(true), .integer(9_007_199_254_740_993), .integer(9_007_199_254_740_992), "a", "A",
    ]
    for claim in usable {
      let token = try await issuer.token(["sub": claim], key: "ed")
      let principal = try #require(await resolver.caller("authorization", "Bearer \(token)"))
      scopes.insert(Scope(entries: principal.fields.map { ($0.name, $0.value) }, pepper: .default))
    }
    #expect(scopes.count == usable.count)
  }

  @Test("Two lines, or a token that does not verify, are never the shared caller; no token is")
  func shared() async throws {
    let resolver = try await resolver(missing: .shared)
    let token = try await issuer.token(alice, key: "es")
    let expired = try await issuer.token(alice.merging(["exp": .in(-10)]) { $1 }, key: "es")
    #expect(await resolver.caller([:]) == .shared)
    #expect(await resolver.caller(["authorization": [""]]) == .shared)
    #expect(await resolver.caller(["authorization": ["Bearer \(token)", "Bearer \(token)"]]) == nil)
    #expect(await resolver.caller("authorization", "Bearer \(expired)") == nil)
    #expect(await resolver.caller("authorization", "Basic YTpi") == nil)
    #expect(await (try self.resolver()).caller([:]) == nil)
  }

  @Test("A verified token is known at once, until it expires; a reload verifies it anew")
  func remembered() async throws {
    let token = try await issuer.token(alice.merging(["exp": .in(3600)]) { $1 }, key: "es")
    let lines = { (name: String) in name == "authorization" ? ["Bearer \(token)"] : [] }
    let resolver = try await resolver()
    guard case .verify(let verify) = resolver.resolve(lines) else {
      Issue.record("The first time a token is verified.")
      return
    }
    #expect(await verify() == .known(principal))
    guard case .known(.known(principal)) = resolver.resolve(lines) else {
      Issue.record("A verified token is remembered.")
      return
    }
    let reloaded = try await self.resolver(keys: ["ed"])
    guard case .verify(let again) = reloaded.resolve(lines) else {
      Issue.record("After a reload a token is verified anew.")
      return
    }
    #expect(await again().word == "unknown-key")
  }
}

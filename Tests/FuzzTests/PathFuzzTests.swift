import IdempotencyTesting
import Testing

@testable import Idempotency

@Suite("Paths: no spelling of a guarded path passes for another")
struct PathFuzzTests {
  private static let guarded = ["/transfers", "/wallets/w1/transfers", "/a-b/c d"]
  private static let patterns = ["/transfers", "/wallets/{id}/transfers", "/a-b/c%20d"]

  @Test("A1 what any lenient router takes for a guarded path is guarded or refused", arguments: LenientRouter.allCases)
  func guarded(_ router: LenientRouter) throws {
    let policies = try Self.policies()
    Fuzz.run(3000, reaching: ["guarded", "refused"]) { fuzz in
      let target = fuzz.random.respelled(fuzz.random.pick(Self.guarded))
      guard Self.isGuarded(router.route(target)) else { return }
      fuzz.show(target)
      switch Self.admission(target, policies) {
      case .guarded: fuzz.reach("guarded")
      case .answer(let answer, _):
        fuzz.reach("refused")
        fuzz.expect(answer.status == 400, "answered \(answer.status)")
      case .pass: fuzz.fail("\(router) takes it for a guarded path, and it passed")
      }
    }
  }

  @Test("A1 a plain path is guarded exactly if it is a guarded one, and never refused")
  func plain() throws {
    let policies = try Self.policies()
    Fuzz.run(6000, reaching: ["guarded", "passed"]) { fuzz in
      let target = fuzz.random.plainPath() + fuzz.random.pick(["", "?q=/../transfers;x"])
      fuzz.show(target)
      let path = String(target.prefix { $0 != "?" })
      let isGuarded = Self.isGuarded(LenientRouter.nginx.route(path))
      switch Self.admission(target, policies) {
      case .guarded:
        fuzz.reach("guarded")
        fuzz.expect(isGuarded, "guarded")
      case .pass:
        fuzz.reach("passed")
        fuzz.expect(!isGuarded, "passed")
      case .answer(let answer, _): fuzz.fail("refused with \(answer.status)")
      }
    }
  }

  @Test("A1 any bytes are decided about; who is refused comes near a guarded path")
  func mutations() throws {
    let policies = try Self.policies()
    Fuzz.run(6000, reaching: ["guarded", "passed", "refused"]) { fuzz in
      let start = fuzz.random.respelled(fuzz.random.pick(Self.guarded))
      let target = String(
        decoding: fuzz.random.mutated(Array(start.utf8), donor: Array("/..%2f%5c;\\".utf8)), as: UTF8.self)
      fuzz.show(target)
      switch Self.admission(target, policies) {
      case .guarded: fuzz.reach("guarded")
      case .pass: fuzz.reach("passed")
      case .answer:
        fuzz.reach("refused")
        let letters = target.replacing("%25", with: "%").lowercased()
        fuzz.expect(letters.contains("%") || letters.contains("transfers") || letters.contains("a-b"), "refused")
      }
    }
  }

  @Test("F2 the canonical path is its own canonical path, and the trailing slash is dropped once")
  func canonical() {
    Fuzz.run(8000, reaching: ["slash", "plain", "encoded"]) { fuzz in
      let start = fuzz.random.chance(50) ? fuzz.random.plainPath() : fuzz.random.respelled("/a/b;c/d")
      let target = String(decoding: fuzz.random.mutated(Array(start.utf8)), as: UTF8.self)
      fuzz.show(target)
      let path = CanonicalPath(target: target)
      guard target.utf8.first == UInt8(ascii: "/") else { return }
      // A percent sign that encodes nothing may begin to encode when what follows it is decoded (/%%34%31). No other
      // target has that canonical path, so nothing is confused with it.
      guard Self.isWellEncoded(target) else { return }
      let again = CanonicalPath(target: path.text(trailingSlashCounts: true))
      fuzz.reach(path.hasTrailingSlash ? "slash" : target.contains("%") ? "encoded" : "plain")
      fuzz.expect(again.text == path.text, "\(path.text) becomes \(again.text)")
      fuzz.expect(again.hasTrailingSlash == path.hasTrailingSlash, "the slash is told otherwise")
      let mayClear = target.unicodeScalars.contains("%")
      fuzz.expect(again.isSuspicious == path.isSuspicious || mayClear, "is suspicious only once")
    }
  }

  private static func isWellEncoded(_ target: String) -> Bool {
    target.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst().allSatisfy {
      $0.count > 1 && $0.prefix(2).allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }
  }

  /// What the policies guard, told without patterns.
  private static func isGuarded(_ route: [String]) -> Bool {
    route == ["transfers"] || route == ["a-b", "c d"]
      || route.count == 3 && route[0] == "wallets" && route[1] != "" && route[2] == "transfers"
  }

  private static func policies() throws -> PolicySet {
    try PolicySet(patterns.map { try IdempotencyPolicy("p\($0.utf8.count)", methods: ["POST"], path: $0) })
  }

  private static func admission(_ target: String, _ policies: PolicySet) -> Admission {
    let head = HTTPRequestHead(
      method: "POST", target: target, authority: Authority("api.example.com", scheme: "https"), scheme: "https",
      contentLength: nil,
      lines: { $0 == FieldName.key ? ["k"] : [] })
    return policies.admit(head, principal: { Principal("x-api-key", "alice") })
  }
}

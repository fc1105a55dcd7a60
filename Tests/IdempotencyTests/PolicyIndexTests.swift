import IdempotencyTesting
import Testing

@testable import Idempotency

/// The index finds the policy that asking each in turn would find.
@Suite struct PolicyIndexTests {
  private static let methods = ["GET", "POST", "PATCH"]

  private func policies(_ random: inout SeededRandom) -> [IdempotencyPolicy] {
    let elements = ["a", "A", "b", "pay:now", "pay%3Anow", "%41", "%2541", "ä", "{p}", "{q}", ""]
    return (0..<1 + random.below(12)).compactMap { number in
      var path = (0..<random.below(4)).map { _ in "/" + random.pick(elements) }.joined()
      if random.chance(20) { path += "/**" } else if random.chance(10) { path += "/" }
      let methods = Set(Self.methods.filter { _ in random.chance(60) })
      // What is no pattern, such as one with two parameters of a name, guards nothing.
      guard var policy = try? IdempotencyPolicy("p\(number)", methods: methods, path: path.isEmpty ? "/" : path)
      else { return nil }
      policy.isCaseSensitive = random.chance(50)
      policy.isTrailingSlashSignificant = random.chance(30)
      if random.chance(20) { policy.host = random.pick(["api.example", "other.example"]) }
      return policy
    }
  }

  /// A path by chance, or one that was made for one of the policies.
  private func target(_ policies: [IdempotencyPolicy], _ random: inout SeededRandom) -> String {
    if random.chance(50), !policies.isEmpty {
      let path = random.pick(policies).path.description.replacing("{p}", with: "x").replacing("{q}", with: "%41")
        .replacing("**", with: "a/b")
      return random.pick([path, path, path.uppercased(), path + "/", path + "/a"])
    }
    let segments = [
      "a", "A", "b", "B", "%61", "%41", "%2541", "%252541", "pay:now", "pay%3anow", "PAY:NOW", "%C3%A4", "x", "", ".",
      "%",
    ]
    let path = (0..<random.below(5)).map { _ in "/" + random.pick(segments) }.joined()
    return random.pick([path.isEmpty ? "/" : path, path + "/", path + "?q=/a/b", "http://api.example" + path, "*"])
  }

  @Test("Whatever the policies and the path: the same policy, the same parameters (A1)")
  func sameAsEachInTurn() {
    var random = SeededRandom(seed: 7)
    var (found, later, literal) = (0, 0, 0)
    for _ in 0..<2_000 {
      let policies = policies(&random)
      let index = PolicyIndex(policies)
      for _ in 0..<10 {
        let head = HTTPRequestHead(
          method: random.pick(Self.methods), target: target(policies, &random),
          authority: Authority("api.example", scheme: "http"),
          scheme: "http",
          contentLength: nil, lines: { _ in [] })
        let path = CanonicalPath(target: head.target)
        let one = policies.indices.first {
          policies[$0].guards(head.method, head.authority) && policies[$0].match(head.authority, path) != nil
        }
        let other = index.first(head.method, path) { policies[$0].match(head.authority, path) }
        #expect(other?.index == one, "\(head.method) \(head.target) \(policies.map(\.path))")
        #expect(other?.parameters == one.flatMap { policies[$0].match(head.authority, path) })
        if let one {
          found += 1
          if one > 0 { later += 1 }
          if !policies[one].path.elements.contains(.rest), policies[one].path.elements.count > 1 { literal += 1 }
        }
      }
    }
    // Else it would have compared nothing with nothing.
    #expect(found > 4_000 && later > 1_000 && literal > 1_000, "\(found) \(later) \(literal)")
  }

  @Test("Of many policies only those are asked that may guard the path")
  func fewAreAsked() throws {
    let policies = try (0..<1_000).map { try IdempotencyPolicy("p\($0)", path: "/wallets/{w}/transfers-\($0)") }
    let index = PolicyIndex(policies)
    var asked: [Int] = []
    let path = CanonicalPath(target: "/wallets/w-1/transfers-700")
    _ = index.first("POST", path) {
      asked.append($0)
      return nil
    }
    #expect(asked == [700])
  }
}

import Idempotency
import Testing

@Suite("Scope")
struct ScopeTests {
  @Test("F7 the scope is the first 128 bits of the framed HMAC")
  func knownAnswers() {
    // Computed with another implementation of HMAC-SHA256.
    #expect(Scope(entries: [("x-api-key", "sk_test_1")], pepper: .default).text == "ff6e0764a68e9af8a5e7e7d8af7bda59")
    let two = Scope(entries: [("x-api-key", nil), ("x-tenant", "acme")], pepper: .default)
    #expect(two.text == "e0526cdf7d8b51b632c4ee2035206776")
  }

  @Test("F7 no entries are the one scope for all")
  func empty() {
    #expect(Scope(entries: [], pepper: .default) == .empty)
    #expect(Scope.empty.text == "-")
  }

  @Test("F10 callers that share one of several fields stay apart, wherever the text is cut")
  func apart() {
    let entries: [[(name: String, value: String?)]] = [
      [("a", "x"), ("b", "y")], [("a", "x"), ("b", "z")], [("a", "y"), ("b", "x")], [("a", "xb"), ("b", "y")],
      [("a", "x"), ("b", nil)], [("a", "x"), ("b", "")], [("a", nil), ("b", "y")], [("a", "x")], [("ax", "")],
      [("b", "y"), ("a", "x")],
    ]
    let texts = Set(entries.map { Scope(entries: $0, pepper: .default).text })
    #expect(texts.count == entries.count)
    #expect(texts.allSatisfy { $0.utf8.count == 32 })
  }

  @Test("F11 another pepper gives other scopes and another id; the id does not change")
  func peppers() {
    let other = Pepper(bytes: Array("0123456789abcdef".utf8))
    let entries: [(name: String, value: String?)] = [("a", "x")]
    #expect(Scope(entries: entries, pepper: other) != Scope(entries: entries, pepper: .default))
    #expect(Pepper.default.id == "313fd08df1e2bade")
    #expect(other.id == "948bcb3718a90fa4")
  }
}

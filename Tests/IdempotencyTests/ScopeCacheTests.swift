import Testing

@testable import Idempotency

@Suite("Scopes that are remembered are those that would be made (F7, F10)")
struct ScopeCacheTests {
  @Test func sameAsMade() {
    let cache = ScopeCache(pepper: .default)
    let callers = [
      // Swift takes these two for equal; the hash does not.
      Principal("x-api-key", "\u{E9}"), Principal("x-api-key", "e\u{301}"),
      Principal("x-api-key", "a"), Principal("x-api-key", "b"), Principal("x-tenant", "a"), .shared,
      Principal(fields: [.init(name: "x-api-key", value: "a"), .init(name: "x-tenant", value: nil)]),
      Principal(fields: [.init(name: "x-api-key", value: "a"), .init(name: "x-tenant", value: "")]),
    ]
    for _ in 0..<2 {
      for caller in callers { #expect(cache.scope(of: caller) == Self.made(caller)) }
    }
    #expect(Set(callers.map(cache.scope)).count == callers.count)
    #expect(cache.count == callers.count)
  }

  @Test("however many and however long the callers' values, the memory is bounded")
  func bounded() {
    let cache = ScopeCache(pepper: .default)
    let long = Principal("x-api-key", String(repeating: "a", count: ScopeCache.maximumValueBytes + 1))
    for _ in 0..<2 { #expect(cache.scope(of: long) == Self.made(long)) }
    #expect(cache.count == 0)
    for number in 0...ScopeCache.capacity { _ = cache.scope(of: Principal("x-api-key", "\(number)")) }
    #expect(cache.count == 1)
    let first = Principal("x-api-key", "0")
    #expect(cache.scope(of: first) == Self.made(first))
  }

  static func made(_ caller: Principal) -> Scope {
    Scope(entries: caller.entries, pepper: .default)
  }
}

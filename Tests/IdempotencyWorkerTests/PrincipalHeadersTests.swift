import Idempotency
import Testing

@testable import IdempotencyWorker

@Suite struct PrincipalHeadersTests {
  /// Who sent these fields; `verify` never comes of fields.
  private func caller(
    _ resolver: PrincipalResolver, _ fields: [String: [String]]
  ) throws -> Principal? {
    switch resolver.resolve({ fields[$0] ?? [] }) {
    case .known(.known(let principal)): return principal
    case .known(.unknown(.missing)): return nil
    default: throw PrincipalError("A principal of fields is known at once.")
    }
  }

  @Test("F10: all fields count, in the configured order; names in any case")
  func tuple() throws {
    let resolver = try PrincipalResolver.headers(["X-Tenant", "x-api-key"])
    let principal = try caller(resolver, ["x-api-key": ["k"], "x-tenant": ["t"]])
    #expect(
      principal == Principal(fields: [.init(name: "x-tenant", value: "t"), .init(name: "x-api-key", value: "k")]))
    #expect(try caller(resolver, ["x-api-key": ["k"], "x-tenant": ["u"]]) != principal)
    #expect(try caller(resolver, ["x-api-key": ["t"], "x-tenant": ["k"]]) != principal)
  }

  @Test("A5: without one of the fields, or with an empty one, nobody is calling")
  func missing() throws {
    let resolver = try PrincipalResolver.headers(["x-tenant", "x-api-key"])
    for fields in [[:], ["x-api-key": ["k"]], ["x-tenant": ["t"]], ["x-api-key": [""], "x-tenant": ["t"]]] {
      #expect(try caller(resolver, fields) == nil)
    }
    let shared = try PrincipalResolver.headers(["x-tenant", "x-api-key"], missing: .shared)
    for fields in [[:], ["x-api-key": [""]], ["x-api-key": [""], "x-tenant": [""]]] {
      #expect(try caller(shared, fields) == .shared)
    }
    #expect(try caller(shared, ["x-api-key": ["k"], "x-tenant": ["t"]])?.fields.count == 2)
  }

  @Test("W5: where callers may be missing, the fields that one brings tell it from others all the same")
  func partly() throws {
    let resolver = try PrincipalResolver.headers(["x-tenant", "x-api-key"], missing: .shared)
    let callers = try [
      [:], ["x-tenant": ["t"]], ["x-tenant": ["u"]], ["x-api-key": ["t"]], ["x-tenant": ["t"], "x-api-key": ["k"]],
    ].map { try #require(try caller(resolver, $0)) }
    #expect(Set(callers).count == callers.count)
    #expect(Set(callers.map { Scope(entries: $0.fields.map { ($0.name, $0.value) }, pepper: .default) }).count == 5)
    // An empty one is as good as none.
    #expect(try caller(resolver, ["x-tenant": ["t"], "x-api-key": [""]]) == callers[1])
  }

  @Test("A field that comes twice identifies nobody, and is never the shared caller")
  func twice() throws {
    for missing in [Principal.Missing.reject, .shared] {
      let resolver = try PrincipalResolver.headers(["x-api-key", "x-tenant"], missing: missing)
      for lines in [["a", "b"], ["a", "a"], ["a", ""]] {
        #expect(try caller(resolver, ["x-api-key": lines, "x-tenant": ["t"]]) == nil)
        #expect(try caller(resolver, ["x-api-key": lines]) == nil)
        #expect(try caller(resolver, ["x-tenant": lines]) == nil)
      }
    }
  }

  @Test("Values count byte for byte: no case, no blank, no Unicode form is folded")
  func exact() throws {
    let resolver = try PrincipalResolver.headers(["x-user"])
    let values = ["Ann", "ann", "ann ", "a,nn", "a, nn", "caf\u{E9}", "cafe\u{301}", "caf\u{C3}\u{A9}"]
    let scopes = try values.map { value in
      let principal = try #require(try caller(resolver, ["x-user": [value]]))
      return Scope(entries: principal.fields.map { ($0.name, $0.value) }, pepper: .default)
    }
    #expect(Set(scopes).count == values.count)
    // What a decoder writes for bytes that are no UTF-8, whichever they were.
    #expect(try caller(resolver, ["x-user": ["caf\u{FFFD}"]]) == nil)
  }

  @Test("No name is no principal")
  func noName() {
    #expect(throws: PrincipalError.self) { try PrincipalResolver.headers([]) }
  }
}

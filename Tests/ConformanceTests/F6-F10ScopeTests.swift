import Idempotency
import Testing
@testable import Harness

@Suite("F6–F10: whose key it is", .eachKind, .timeLimit(.minutes(10)))
struct KeyScopeTests {
  @Test("F6 another key with the same body runs")
  func otherKey() async throws {
    try await withCluster { cluster in
      let first = try await cluster.send(Call(key: freshKey()))
      let second = try await cluster.send(Call(key: freshKey()), to: 1)
      expectExecuted(first)
      expectExecuted(second)
      #expect(first.body != second.body)
    }
  }

  @Test("F7 another caller with the same key runs on its own and learns nothing, in every state")
  func otherCaller() async throws {
    try await withCluster { cluster in
      let gate = Gate()
      cluster.origin.answers { call in
        if call["X-Api-Key"] == "alice" { await gate.pass() }
        return try await Origin.payment(call)
      }
      let key = freshKey()
      let alice = cluster.begin(Call(key: key, caller: "alice"))
      await gate.reached()
      // While alice's runs.
      let bob = try await cluster.send(Call(key: key, caller: "bob", body: "bob's"), to: 1)
      expectExecuted(bob)
      gate.open()
      let answer = try await alice.value
      expectExecuted(answer)
      // When it is done.
      let carol = try await cluster.send(Call(key: key, caller: "carol"), to: 1)
      expectExecuted(carol)
      #expect(Set([answer.body, bob.body, carol.body]).count == 3)
      expectReplay(try await cluster.send(Call(key: key, caller: "bob", body: "bob's")), of: bob)
      expectReplay(try await cluster.send(Call(key: key, caller: "alice"), to: 1), of: answer)
      try await cluster.expectUntouched(calls: 3, records: 3)
    }
  }

  @Test("F7 no credential stands in Redis in clear")
  func credentials() async throws {
    try await withCluster { cluster in
      let secret = "sk_live_" + freshKey()
      expectExecuted(try await cluster.send(Call(key: "k", caller: secret)))
      let record = try await cluster.record()
      #expect(!record.key.contains(secret))
      #expect(!String(decoding: record.bytes, as: UTF8.self).contains(secret))
    }
  }

  @Test("F7 letter case and blanks inside tell callers apart; an empty value names nobody")
  func similarCallers() async throws {
    try await withCluster { cluster in
      let callers = ["alice", "Alice", "ali ce", "alice;", "alice,alice", "%61lice", "aliçe"]
      for caller in callers { expectExecuted(try await cluster.sendRaw(Call(key: "k", caller: caller)), "\(caller)") }
      for nobody in ["", "  "] {
        try expect(try await cluster.sendRaw(Call(key: "k", caller: nobody)), is: "principal-missing")
      }
      try await cluster.expectUntouched(calls: callers.count, records: callers.count)
    }
  }

  static let oddKeys = [
    "a", "A", "a:b", "a%3Ab", "a%3ab", ":", "::", "%", "%25", "%2525", "a b", "a  b", "a+b", "a%20b", "-", "--", "*",
    "?",
    "[a]", "{a}", "{a}:b", "a/b", "a\\b", "a\"b", "~", ".", "..", "_", "payments:-:a", "a;b", "a=b", "$1", "'", "`",
    "<>", "|", "#",
    "meta", "a.", "a~", "a%", "%61",
  ]

  @Test("F8 no two keys share a record, whatever characters they hold")
  func oddKeys() async throws {
    try await withCluster { cluster in
      var replies: [Reply] = []
      for key in Self.oddKeys {
        let quoted = "\"" + key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        let reply = try await cluster.send(Call(key: quoted))
        expectExecuted(reply, "\(key)")
        replies.append(reply)
        expectReplay(try await cluster.send(Call(key: quoted), to: 1), of: reply, "\(key)")
      }
      try await cluster.expectUntouched(calls: Self.oddKeys.count, records: Self.oddKeys.count)
      let alphabet = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-%")
      for record in try await cluster.records() {
        let parts = record.key.split(separator: ":", omittingEmptySubsequences: false)
        #expect(parts.count == 4, "\(record.key)")
        #expect(parts[3].allSatisfy { alphabet.contains($0) }, "\(record.key)")
        #expect(record.ttl > 0, "\(record.key)")
      }
    }
  }

  @Test("F8 keyspace, caller and key cannot be moved into one another")
  func triples() async throws {
    let names = ["p", "p.a", "p-a", "a"]
    let policies = names.map { IdempotencyPolicy.payments($0, path: "/\($0)") }
    try await withCluster(ClusterOptions(nodes: 1, policies: policies)) { cluster in
      var count = 0
      for name in names {
        for caller in ["a", "a:k", "-", "p:a"] {
          for key in ["k", "a:k", "-:k"] {
            expectExecuted(
              try await cluster.send(Call("POST", "/\(name)", key: key, caller: caller)), "\(name) \(caller) \(key)")
            count += 1
          }
        }
      }
      try await cluster.expectUntouched(calls: count, records: count)
    }
  }

  @Test("F8 a keyspace outlives its policy's name, and two policies may share one")
  func keyspaces() async throws {
    let policies = [
      IdempotencyPolicy.payments("new-name", path: "/a") { $0.keyspace = "payments" },
      .payments("other", path: "/b") { $0.keyspace = "payments" },
    ]
    try await withCluster(ClusterOptions(policies: policies)) { cluster in
      expectExecuted(try await cluster.send(Call("POST", "/a", key: "k")))
      try expect(try await cluster.send(Call("POST", "/b", key: "k"), to: 1), is: "key-reused")
      #expect(try await cluster.record().key.hasPrefix("\(cluster.prefix):payments:"))
    }
  }

  @Test("F10 callers that share one of several principal fields stay apart")
  func severalFields() async throws {
    var options = ClusterOptions()
    options.principal = ["X-Tenant", "x-user"]
    try await withCluster(options) { cluster in
      let call: @Sendable (String?, String?) -> Call = { tenant, user in
        var fields: [Field] = []
        if let tenant { fields.append(Field("X-Tenant", tenant)) }
        if let user { fields.append(Field("X-User", user)) }
        return Call(key: "k", caller: nil, fields: fields)
      }
      let pairs = [
        ("t1", "u1"), ("t1", "u2"), ("t2", "u1"), ("u1", "t1"), ("t1u1", "-"), ("-", "t1u1"), ("t1,u1", "x"),
        ("t1", "u1,x"),
      ]
      var replies: [Reply] = []
      for (tenant, user) in pairs { replies.append(try await cluster.send(call(tenant, user))) }
      for reply in replies { expectExecuted(reply) }
      for ((tenant, user), reply) in zip(pairs, replies) {
        expectReplay(try await cluster.send(call(tenant, user), to: 1), of: reply, "\(tenant) \(user)")
      }
      // One of them is not enough.
      try expect(try await cluster.send(call("t1", nil)), is: "principal-missing")
      try expect(try await cluster.send(call(nil, "u1")), is: "principal-missing")
      try expect(try await cluster.send(call("t1u1", "")), is: "principal-missing")
      try expect(try await cluster.send(call("", "t1u1")), is: "principal-missing")
      try await cluster.expectUntouched(calls: pairs.count, records: pairs.count)
    }
  }

  @Test("F10 other request fields may separate keys, too")
  func scopeHeader() async throws {
    let policy = IdempotencyPolicy.payments { $0.scope = [.principal, .header("X-Merchant"), .authority] }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let first = try await cluster.sendRaw(Call(key: "k", fields: [Field("x-merchant", "m1")]), host: "a.example")
      expectExecuted(first)
      expectExecuted(try await cluster.sendRaw(Call(key: "k", fields: [Field("x-merchant", "m2")]), host: "a.example"))
      expectExecuted(try await cluster.sendRaw(Call(key: "k"), host: "a.example"))
      expectExecuted(try await cluster.sendRaw(Call(key: "k", fields: [Field("x-merchant", "m1")]), host: "b.example"))
      let again = Call(key: "k", fields: [Field("X-Merchant", "m1")])
      expectReplay(try await cluster.sendRaw(again, host: "A.example:80", to: 1), of: first)
    }
  }
}

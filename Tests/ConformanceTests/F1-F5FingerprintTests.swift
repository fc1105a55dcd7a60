import Idempotency
import Testing
@testable import Harness

@Suite("F1–F5: the same key with something else", .eachKind, .timeLimit(.minutes(10)))
struct FingerprintTests {
  @Test("F1 the same key with another payload is refused, at any node; the first answer still stands")
  func payload() async throws {
    try await withCluster { cluster in
      let call = Call(key: freshKey(), body: #"{"amount":"100.00"}"#)
      let first = try await cluster.send(call)
      expectExecuted(first)
      for body in ["", #"{"amount":"100.01"}"#, #"{"amount":"100.00"} "#, #"{"amount": "100.00"}"#, "\0"] {
        for node in 0...1 {
          try expect(try await cluster.send(call.with { $0.body = Array(body.utf8) }, to: node), is: "key-reused")
        }
      }
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("F1 the status of a mismatch can be set")
  func status() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.statuses.mismatch = 409 }])) { cluster in
      expectExecuted(try await cluster.send(Call(key: "k")))
      try expect(try await cluster.send(Call(key: "k", body: "other"), to: 1), is: "key-reused", status: 409)
    }
  }

  @Test("F1 a mismatch may replay the first answer, where a published API promises that")
  func replayed() async throws {
    let policy = IdempotencyPolicy.payments { $0.execution.onMismatch = .replay }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let first = try await cluster.send(Call(key: "k"))
      expectReplay(try await cluster.send(Call(key: "k", body: "other"), to: 1), of: first)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("F2 another method, path or query is a mismatch")
  func target() async throws {
    try await withCluster(ClusterOptions(policies: [.payments(methods: ["POST", "PATCH", "PUT"], path: "/p/**")])) {
      cluster in
      let call = Call("POST", "/p/1?a=1&b=2", key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first)
      for (method, path) in [
        ("PATCH", "/p/1?a=1&b=2"), ("PUT", "/p/1?a=1&b=2"), ("POST", "/p/2?a=1&b=2"), ("POST", "/P/1?a=1&b=2"),
        ("POST", "/p/1"), ("POST", "/p/1?a=1"), ("POST", "/p/1?b=2&a=1"), ("POST", "/p/1?a=1&b=2&"),
        ("POST", "/p/1?a=1&b=%32"), ("POST", "/p/1/?a=1&b=3"), ("POST", "/p?a=1&b=2"),
      ] {
        let other = call.with {
          $0.method = method
          $0.path = path
        }
        let reply = try await cluster.sendRaw(other, to: 1)
        #expect(reply.problem == (path.hasPrefix("/p") ? "key-reused" : nil), "\(method) \(path)")
        #expect(reply.label == (path.hasPrefix("/p") ? "mismatch" : "ignored"), "\(method) \(path)")
      }
      for path in ["/p/1/?a=1&b=2", "/p/%31?a=1&b=2"] {
        expectReplay(try await cluster.sendRaw(call.with { $0.path = path }, to: 1), of: first, "\(path)")
      }
      #expect(cluster.origin.calls.count { $0.target.hasPrefix("/p") } == 1)
    }
  }

  @Test("F2 another authority is a mismatch; letter case and the default port are not")
  func authority() async throws {
    try await withCluster { cluster in
      let call = Call(key: freshKey())
      let first = try await cluster.sendRaw(call, host: "pay.example")
      expectExecuted(first)
      for host in ["PAY.example", "pay.example:80", "Pay.Example:80"] {
        expectReplay(try await cluster.sendRaw(call, host: host, to: 1), of: first, "\(host)")
      }
      for host in ["other.example", "pay.example:8080", "pay.example:443", "pay.example."] {
        try expect(try await cluster.sendRaw(call, host: host, to: 1), is: "key-reused")
      }
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("F2 where the target does not count, only the body does")
  func withoutTarget() async throws {
    let policy = IdempotencyPolicy.payments(path: "/p/**") { $0.fingerprint = FingerprintSettings(target: false) }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let first = try await cluster.send(Call("POST", "/p/1?a", key: "k"))
      expectReplay(try await cluster.send(Call("PATCH", "/p/2", key: "k"), to: 1), of: first)
      try expect(try await cluster.send(Call("POST", "/p/1?a", key: "k", body: "x")), is: "key-reused")
    }
  }

  @Test("F2 where the scope has the path, the same key on another path is another operation")
  func scopedByPath() async throws {
    let policy = IdempotencyPolicy.payments(path: "/p/**") { $0.scope = [.principal, .path] }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let first = try await cluster.send(Call("POST", "/p/1", key: "k"))
      expectExecuted(first)
      expectExecuted(try await cluster.send(Call("POST", "/p/2", key: "k")))
      expectReplay(try await cluster.send(Call("POST", "/p/1/", key: "k"), to: 1), of: first)
      try expect(try await cluster.send(Call("POST", "/p/1?q", key: "k"), to: 1), is: "key-reused")
      #expect(cluster.origin.calls.count == 2)
    }
  }

  @Test("F2 request fields count where the policy names them")
  func headers() async throws {
    let policy = IdempotencyPolicy.payments { $0.fingerprint = FingerprintSettings(headers: ["X-Currency"]) }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let euro = Call(key: "k", fields: [Field("x-currency", "EUR"), Field("X-Trace", "1")])
      let first = try await cluster.send(euro)
      expectExecuted(first)
      expectReplay(
        try await cluster.send(Call(key: "k", fields: [Field("X-CURRENCY", "EUR"), Field("X-Trace", "2")]), to: 1),
        of: first)
      for fields in [[Field("X-Currency", "USD")], [], [Field("X-Currency", "eur")], [Field("X-Currency", "")]] {
        try expect(try await cluster.send(Call(key: "k", fields: fields), to: 1), is: "key-reused")
      }
    }
  }

  @Test("F3 a mismatch is told before in-progress")
  func beforeInProgress() async throws {
    try await withCluster { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let call = Call(key: freshKey())
      let first = cluster.begin(call)
      await gate.reached()
      for node in 0...1 {
        try expect(try await cluster.send(call.with { $0.body = [1] }, to: node), is: "key-reused")
        try expect(try await cluster.send(call, to: node), is: "in-progress")
      }
      gate.open()
      expectExecuted(try await first.value)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("F5 no rejected request changes the record, nor does a replay")
  func recordUnchanged() async throws {
    try await withCluster(ClusterOptions(policies: [.payments(lease: .seconds(30))])) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let call = Call(key: "k")
      let rejected: @Sendable () async throws -> Void = {
        for node in 0...1 {
          for (status, rejected) in [
            (422, call.with { $0.body = [1] }), (422, call.with { $0.path += "?q" }),
            (401, Call(key: "k", caller: nil)),
            (400, Call(key: "\"k")), (413, call.with { $0.body = Array(repeating: 1, count: 2 << 20) }),
            (400, call.with { $0.path = "//payments" }),
          ] {
            let reply = try await cluster.sendRaw(rejected, to: node)
            #expect(reply.status == status)
          }
        }
      }
      let first = cluster.begin(call)
      await gate.reached()
      let reserved = try await cluster.record()
      try await rejected()
      #expect(try await cluster.send(call, to: 1).status == 409)
      let still = try await cluster.record()
      #expect(still.bytes == reserved.bytes)
      #expect(still.ttl <= reserved.ttl)
      gate.open()
      let answer = try await first.value
      let completed = try await cluster.record()
      #expect(completed.state == "C")
      try await rejected()
      expectReplay(try await cluster.send(call, to: 1), of: answer)
      let after = try await cluster.record()
      #expect(after.bytes == completed.bytes)
      #expect(after.ttl <= completed.ttl)
      #expect(cluster.origin.calls.count == 1)
    }
  }
}

import Idempotency
import Testing
@testable import Harness

@Suite("W4: hosts", .eachKind, .timeLimit(.minutes(5)))
struct W4HostTests {
  private static let policy = IdempotencyPolicy.payments { policy in
    policy.host = "api.example"
    policy.scope = [.principal, .authority]
  }

  @Test("W4 equal authorities are one: guarded by the host's policy, one scope, one fingerprint")
  func equal() async throws {
    try await withCluster(ClusterOptions(policies: [Self.policy])) { cluster in
      let call = Call(key: freshKey())
      let first = try await cluster.sendRaw(call, host: "api.example")
      expectExecuted(first)
      for host in ["API.example", "api.example:80", "Api.Example:80"] {
        expectReplay(try await cluster.sendRaw(call, host: host, to: 1), of: first)
      }
      // The target's host counts, and Host does not. A handler of Hummingbird sees the target's path and Host alone.
      if cluster.kind == .worker {
        let absolute = call.with { $0.path = "http://api.example/payments" }
        expectReplay(try await cluster.sendRaw(absolute, host: "other.example"), of: first)
      }
      // Another port is another authority, and guarded as well: most servers choose by the name.
      expectExecuted(try await cluster.sendRaw(call, host: "api.example:8080"))
      try await cluster.expectUntouched(calls: 2, records: 2)
    }
  }

  @Test("W4 another host is none of the policy's")
  func other() async throws {
    try await withCluster(ClusterOptions(nodes: 1, policies: [Self.policy])) { cluster in
      for host in ["other.example", "api.example.evil", "xapi.example", "10.0.0.1", "[::1]"] {
        let reply = try await cluster.sendRaw(Call(key: freshKey()), host: host)
        #expect(reply.status == 201 && reply.label == "ignored", "\(host)")
      }
      try await cluster.expectUntouched(calls: 5)
    }
  }

  @Test("W4 what a server may take for the host is refused, with a key and without")
  func ambiguous() async throws {
    try await withCluster(ClusterOptions(nodes: 1, policies: [Self.policy])) { cluster in
      for host in [
        "api.example.", "api%2Eexample", "api.example%2e", "api.example:080", "api.example:", "api..example",
      ] {
        for key in [freshKey(), nil] {
          try expect(try await cluster.sendRaw(Call(key: key), host: host), is: "host-ambiguous")
        }
        guard cluster.kind == .worker else { continue }
        let absolute = Call("POST", "http://\(host)/payments", key: freshKey())
        try expect(try await cluster.sendRaw(absolute, host: "other.example"), is: "host-ambiguous")
      }
      // No host at all: the origin takes the one that it serves by default.
      for head in [
        "POST /payments HTTP/1.0\r\n", "POST /payments HTTP/1.0\r\nHost: \r\n", "POST /payments HTTP/1.1\r\nHost:\r\n",
      ] {
        let bytes = head + "Content-Length: 2\r\nX-Api-Key: alice\r\nIdempotency-Key: k\r\n\r\n{}"
        let reply = try await cluster.sendRaw(Array(bytes.utf8))
        #expect(reply.status == 400, "\(head)")
      }
      for host in [
        "api.example ,x", "api.example:80:80", "api.example:x", "u@api.example", "api.example/x", "api.example:99999",
      ] {
        #expect(try await cluster.sendRaw(Call(key: freshKey()), host: host).status == 400, "\(host)")
      }
      try await cluster.expectUntouched()
    }
  }

  @Test("W4 blanks around a host are no part of it")
  func blanks() async throws {
    try await withCluster(ClusterOptions(nodes: 1, policies: [Self.policy])) { cluster in
      let call = Call(key: freshKey())
      let first = try await cluster.sendRaw(call, host: "api.example \t ")
      expectExecuted(first)
      expectReplay(try await cluster.sendRaw(call, host: "\t api.example"), of: first)
    }
  }
}

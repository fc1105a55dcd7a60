import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

@Suite("E21: Idempotency-Status and the metrics", .eachKind, .timeLimit(.minutes(10)))
struct StatusTests {
  /// Sends requests and counts what their answers say.
  struct Tally {
    var counts: [String: Int64] = [:]

    mutating func expect(_ reply: Reply, _ label: String, _ location: SourceLocation = #_sourceLocation) {
      #expect(reply.values("Idempotency-Status") == [label], "\(reply.status) \(reply.text)", sourceLocation: location)
      counts[label, default: 0] += 1
    }
  }

  @Test("E21 every answer to a guarded request has exactly one status, and the metrics count the same")
  func everyStatus() async throws {
    let name = "e21-" + freshKey()
    let policy = IdempotencyPolicy.payments(name, lease: .seconds(20)) { $0.limits.requestBody = 1_000 }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      var tally = Tally()
      let gate = Gate()
      cluster.origin.answers { call in
        switch call.key {
        case "slow":
          await gate.pass()
          return ScriptedAnswer(200)
        case "busy": return ScriptedAnswer(429)
        case "lost": return ScriptedAnswer(504)
        case "stream": return ScriptedAnswer(200, fields: [Field("Idempotency-Result", "stream")])
        default: return ScriptedAnswer(200)
        }
      }
      tally.expect(try await cluster.send(Call(key: "done")), "executed")
      tally.expect(try await cluster.send(Call(key: "done"), to: 1), "replayed")
      tally.expect(try await cluster.send(Call(key: "done"), to: 0), "replayed")
      tally.expect(try await cluster.send(Call(key: "done", body: "x"), to: 1), "mismatch")
      tally.expect(try await cluster.send(Call(key: "busy")), "released")
      try await cluster.originRefuses()
      tally.expect(try await cluster.send(Call(key: "absent")), "released")
      try await cluster.originAccepts()
      tally.expect(try await cluster.send(Call(key: "lost")), "uncertain")
      tally.expect(try await cluster.send(Call(key: "lost"), to: 1), "uncertain")
      tally.expect(try await cluster.send(Call(key: "stream")), "executed")
      tally.expect(try await cluster.send(Call(key: "stream"), to: 1), "not-retained")
      tally.expect(try await cluster.send(Call(key: "\"bad")), "rejected")
      tally.expect(try await cluster.send(Call(key: "k", caller: nil)), "rejected")
      tally.expect(try await cluster.send(Call(key: "k", body: String(repeating: "x", count: 1_001))), "rejected")
      tally.expect(try await cluster.sendRaw(Call("POST", "//payments", key: "k")), "rejected")
      let slow = cluster.begin(Call(key: "slow"))
      await gate.reached()
      tally.expect(try await cluster.send(Call(key: "slow"), to: 1), "in-progress")
      gate.open()
      tally.expect(try await slow.value, "executed")
      let record = try #require(try await cluster.records().first { $0.key.hasSuffix(":done") })
      try await cluster.redis.command("SET", record.key, "garbage")
      tally.expect(try await cluster.send(Call(key: "done"), to: 1), "failed")
      // Not guarded: no status, not counted under the policy.
      #expect(try await cluster.send(Call()).label == nil)
      #expect(try await cluster.send(Call("GET", key: "k")).label == "ignored")
      #expect(try await cluster.requests(policy: name) == tally.counts)
      #expect(
        Set(tally.counts.keys) == [
          "executed", "replayed", "mismatch", "released", "uncertain", "not-retained", "rejected", "in-progress",
          "failed",
        ])
    }
  }

  @Test("E21 ignored keys are counted under no policy")
  func ignored() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let before = try await cluster.requests(policy: nil)["ignored"] ?? 0
      for _ in 0..<3 {
        let reply = try await cluster.send(Call("POST", "/other", key: "k"))
        #expect(reply.label == "ignored")
      }
      // In this process other tests count there, too.
      let after = try await cluster.requests(policy: nil)["ignored"] ?? 0
      #expect(cluster.kind == .worker ? after == before + 3 : after >= before + 3)
    }
  }

  @Test(
    "E21 unguarded: the store is away and the policy says to run all the same; failed where it does not",
    arguments: [ExecutionPolicy.UnavailableRule.execute, .reject])
  func unguarded(rule: ExecutionPolicy.UnavailableRule) async throws {
    let redis = try await RedisServer.start()
    let name = "away-" + freshKey()
    var options = ClusterOptions(nodes: 1, policies: [.payments(name) { $0.execution.onUnavailable = rule }])
    options.redis = redis
    options.storeTimeout = .milliseconds(200)
    try await withCluster(options) { cluster in
      await redis.kill()
      for number in 1...2 {
        let reply = try await cluster.send(Call(key: "k"))
        guard rule == .execute else {
          try expect(reply, is: "store-unavailable")
          continue
        }
        #expect(reply.status == 201)
        #expect(reply.label == "unguarded")
        #expect(cluster.origin.calls.count == number)
        // No fencing number: nothing was reserved.
        #expect(cluster.origin.calls.last?.attempt == nil)
      }
      #expect(cluster.origin.calls.count == (rule == .execute ? 2 : 0))
      #expect(try await cluster.requests(policy: name) == [rule == .execute ? "unguarded" : "failed": 2])
    }
    await redis.stop()
  }

  @Test("E21 an answer that a node gives while it shuts down has a status, too, and is counted")
  func draining() async throws {
    let name = "drain-" + freshKey()
    try await withCluster(ClusterOptions(policies: [.payments(name)])) { cluster in
      let (gate, last) = (Gate(), Gate())
      cluster.origin.answers { call in
        await (call.key == "last" ? last : gate).pass()
        return try await Origin.payment(call)
      }
      let call = Call(key: freshKey())
      let running = cluster.begin(call)
      await gate.reached()
      // Keeps the node from ending before its numbers have been read.
      let other = cluster.begin(Call(key: "last"))
      await last.reached()
      await cluster.nodes[0].beginStopping()
      try expect(try await cluster.send(call, to: 1), is: "in-progress")
      gate.open()
      let first = try await running.value
      expectExecuted(first)
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(try await cluster.requests(policy: name) == ["executed": 1, "replayed": 1, "in-progress": 1])
      last.open()
      expectExecuted(try await other.value)
      #expect(cluster.origin.calls.count == 2)
    }
  }
}

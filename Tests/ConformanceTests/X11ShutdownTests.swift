import HiredisNIO
import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension X {
  /// X11: a node is asked to stop, as by SIGTERM.
  @Suite("X11", .serialized)
  struct X11ShutdownTests {
    /// Asks node 0 to stop and waits until nobody can connect to it any more.
    private func beginStopping(_ cluster: Cluster) async throws {
      await cluster.nodes[0].beginStopping()
      try await holds("new connections are refused", within: .seconds(5)) {
        guard let connection = try? await RawConnection.open(to: cluster.nodes[0]) else { return true }
        await connection.close()
        return false
      }
    }

    @Test("X11 running operations finish and are answered and stored; new connections are refused; it ends")
    func finishes() async throws {
      try await withCluster(ClusterOptions(policies: [.payments(lease: .milliseconds(600))])) { cluster in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let calls = (0..<10).map { _ in Call(key: freshKey()) }
        let unguarded = Call(caller: nil)
        let running = (calls + [unguarded]).map { cluster.begin($0) }
        let idle = try await RawConnection.open(to: cluster.nodes[0])
        await gate.reached(by: 11)
        try await beginStopping(cluster)
        // Connections on which nothing is going on are closed.
        await idle.closed()
        // Longer than a lease: it is still renewed.
        let lease = try await cluster.records().map(\.leaseDeadline).max() ?? 0
        try await holds("the leases are renewed") {
          for call in calls { try expect(try await cluster.send(call, to: 1), is: "in-progress") }
          return try await cluster.records().allSatisfy { $0.leaseDeadline > lease + 300 }
        }
        gate.open()
        for (call, running) in zip(calls, running) {
          let first = try await running.value
          expectExecuted(first)
          #expect(first["Idempotency-Stored"] == nil)
          expectReplay(try await cluster.send(call, to: 1), of: first)
        }
        #expect(try await running[10].value.status == 201)
        #expect(cluster.origin.calls.count == 11)
        try await cluster.nodes[0].stop()
      }
    }

    @Test(
      "X11 an operation that is not forwarded yet is released, its caller gets 503 and the origin nothing",
      .only(.worker, because: "a service lets all that it has taken run to its end"))
    func released() async throws {
      try await withFaults(.init(storeTimeout: .seconds(5))) { cluster, redis, proxy in
        #expect(try await cluster.send(Call(key: freshKey()), to: 0).label == "executed")
        await proxy.stall(.serverToClient)
        let key = freshKey()
        let first = cluster.begin(Call(key: key), to: 0)
        try await holds("the reservation stands") { try await redis.recordIfAny(of: key) != nil }
        try await beginStopping(cluster)
        try await holds("what is not forwarded is given back") {
          (cluster.nodes[0] as? WorkerNode)?.output.contains("is given back") == true
        }
        await proxy.resume(.serverToClient)
        try expect(try await first.value, is: "not-ready")
        #expect(cluster.origin.calls(key: key).isEmpty)
        let second = try await cluster.sendUntilDecided(Call(key: key), to: 1)
        #expect(second.status == 201 && second.label == "executed", "\(second.text)")
        try await cluster.nodes[0].stop()
      }
    }

    @Test(
      "X11 a request whose reservation is on its way when the node is stopped is forwarded and answered, if the reply comes soon",
      .only(.worker, because: "a service lets all that it has taken run to its end"))
    func forwarded() async throws {
      try await withFaults(.init(storeTimeout: .seconds(5))) { cluster, redis, proxy in
        #expect(try await cluster.send(Call(key: freshKey()), to: 0).label == "executed")
        await proxy.stall(.serverToClient)
        let key = freshKey()
        let first = cluster.begin(Call(key: key), to: 0)
        try await holds("the reservation stands") { try await redis.recordIfAny(of: key) != nil }
        await cluster.nodes[0].beginStopping()
        try await holds("it drains") { (cluster.nodes[0] as? WorkerNode)?.output.contains("draining: no new") == true }
        await proxy.resume(.serverToClient)
        expectExecuted(try await first.value)
        #expect(cluster.origin.calls(key: key).count == 1)
        try await cluster.nodes[0].stop()
      }
    }

    @Test(
      "X11 an answer that is on its way to its caller arrives whole",
      .only(.worker, because: "Hummingbird 2.28, shutting down, closes when it has written, not when it has sent"),
      arguments: ["large", "stream", "unguarded"])
    func delivers(what: String) async throws {
      let policy = IdempotencyPolicy.payments { $0.limits.responseBody = 8 << 20 }
      try await withCluster(ClusterOptions(policies: [policy])) { cluster in
        let gate = Gate()
        let part = Array(repeating: UInt8(ascii: "x"), count: 3 << 20)
        cluster.origin.answers { _ in
          guard what == "large" else {
            let fields = [Field("Content-Type", what == "stream" ? "text/event-stream" : "text/plain")]
            return ScriptedAnswer(200, fields: fields, body: .stream([.bytes(part), .wait(gate), .bytes(part)]))
          }
          await gate.pass()
          return ScriptedAnswer(200, body: .bytes(part + part))
        }
        let running = cluster.begin(what == "unguarded" ? Call() : Call(key: freshKey()))
        await gate.reached()
        await cluster.nodes[0].beginStopping()
        gate.open()
        let reply = try await running.value
        #expect(reply.status == 200 && reply.body == part + part, "\(reply.body.count) bytes")
        try await cluster.nodes[0].stop()
      }
    }

    @Test(
      "X11 who waits for another's operation is told so at once",
      arguments: [ExecutionPolicy.InProgressRule.wait(upTo: .seconds(20))])
    func waiters(rule: ExecutionPolicy.InProgressRule) async throws {
      try await withCluster(ClusterOptions(policies: [.payments { $0.execution.onInProgress = rule }])) { cluster in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let call = Call(key: freshKey())
        let running = cluster.begin(call, to: 1)
        await gate.reached()
        let waiting = cluster.begin(call, to: 0)
        try await holds("it waits") {
          try await cluster.redis.command("PUBSUB", "SHARDCHANNELS", "\(cluster.prefix):*").array?.isEmpty == false
        }
        await cluster.nodes[0].beginStopping()
        let reply = try await waiting.value
        #expect(reply.status == 409 || reply.status == 503, "\(reply.text)")
        #expect(reply.label == "in-progress" || reply.label == "failed")
        gate.open()
        expectExecuted(try await running.value)
        try await cluster.nodes[0].stop()
        #expect(cluster.origin.calls.count == 1)
      }
    }

    @Test("X11 what is silent longer than the drain time-out becomes uncertain, and the node ends all the same")
    func silent() async throws {
      var options = ClusterOptions(policies: [
        .payments(lease: .seconds(30)) { $0.execution.originTimeout = .milliseconds(500) }
      ])
      options.limits.drainTimeout = .seconds(1)
      try await withCluster(options) { cluster in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let call = Call(key: freshKey())
        let first = cluster.begin(call)
        await gate.reached()
        await cluster.nodes[0].beginStopping()
        try await cluster.record { $0.state == "U" }
        try expect(try await cluster.send(call, to: 1), is: "outcome-uncertain")
        if cluster.kind == .middleware { gate.open() }
        try expect(try await first.value, is: "origin-timeout")
        try await cluster.nodes[0].stop()
        gate.open()
        #expect(cluster.origin.calls.count == 1)
      }
    }
  }
}

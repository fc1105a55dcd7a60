import HiredisNIO
import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

@Suite("E18: waiting for the first answer", .eachKind, .timeLimit(.minutes(10)))
struct WaitTests {
  private func options(upTo bound: Duration, nodes: Int = 3) -> ClusterOptions {
    ClusterOptions(
      nodes: nodes,
      policies: [.payments(lease: .seconds(30)) { $0.execution.onInProgress = .wait(upTo: bound) }])
  }

  /// Waits until so many nodes have subscribed to a record's changes.
  private func waiting(_ cluster: Cluster, nodes: Int) async throws {
    let record = try await cluster.record()
    try await holds("\(nodes) nodes wait") {
      let reply = try await cluster.redis.command("PUBSUB", "SHARDNUMSUB", record.key).array ?? []
      return reply.last?.integer ?? 0 >= nodes
    }
  }

  @Test("E18 who waits gets the first answer from any node, woken by its completion and not by polling")
  func woken() async throws {
    try await withCluster(options(upTo: .seconds(20))) { cluster in
      var quick = 0
      for round in 1...5 {
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let call = Call(key: freshKey())
        let running = cluster.begin(call)
        await gate.reached()
        let record = try await cluster.record()
        let waiting = (0..<9).map { cluster.begin(call, to: $0 % 3) }
        try await self.waiting(cluster, nodes: 3)
        try expect(try await cluster.send(call.with { $0.body = [] }, to: 1), is: "key-reused")
        #expect(try await cluster.record().bytes == record.bytes, "who waits touched the record")
        let opened = ContinuousClock.now
        gate.open()
        let first = try await running.value
        expectExecuted(first)
        for reply in waiting { expectReplay(try await reply.value, of: first) }
        // The slow poll comes a second after each has begun to wait.
        if ContinuousClock.now - opened < .milliseconds(600) { quick += 1 }
        #expect(cluster.origin.calls.count == round)
        try await cluster.redis.command("DEL", record.key)
      }
      #expect(quick >= 3, "only \(quick) of 5 rounds were quicker than polling")
    }
  }

  @Test("E18 the wait is bounded and ends in 409; the record is as it was")
  func bounded() async throws {
    try await withCluster(options(upTo: .seconds(1), nodes: 2)) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let call = Call(key: freshKey())
      let running = cluster.begin(call)
      await gate.reached()
      let record = try await cluster.record()
      let begun = ContinuousClock.now
      for reply in [cluster.begin(call), cluster.begin(call, to: 1)] {
        try expect(try await reply.value, is: "in-progress")
      }
      let waited = ContinuousClock.now - begun
      #expect(waited >= .milliseconds(950) && waited < .seconds(5), "\(waited)")
      #expect(try await cluster.record().bytes == record.bytes)
      gate.open()
      let first = try await running.value
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E18 a caller may ask for less, and not for more", arguments: [("wait=1", 20), ("wait=60", 1), ("wait=0", 20)])
  func preferred(prefer: String, bound: Int) async throws {
    try await withCluster(options(upTo: .seconds(bound), nodes: 2)) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let call = Call(key: freshKey())
      let running = cluster.begin(call)
      await gate.reached()
      let begun = ContinuousClock.now
      let impatient = call.with { $0.fields.append(Field("Prefer", "respond-async, " + prefer)) }
      try expect(try await cluster.send(impatient, to: 1), is: "in-progress")
      let waited = ContinuousClock.now - begun
      #expect(waited < .seconds(5), "\(waited)")
      #expect(waited >= .milliseconds(prefer == "wait=0" ? 0 : 950), "\(waited)")
      gate.open()
      expectExecuted(try await running.value)
    }
  }

  @Test("E18 a release wakes, too: one that waited runs the operation, no other does at the same time")
  func released() async throws {
    try await withCluster(options(upTo: .seconds(20), nodes: 2)) { cluster in
      let (gate, next) = (Gate(), Gate())
      cluster.origin.answers { call in
        guard call.attempt != "1" else {
          await gate.pass()
          return ScriptedAnswer(429, "slow down")
        }
        await next.pass()
        return try await Origin.payment(call)
      }
      let call = Call(key: freshKey())
      let running = cluster.begin(call)
      await gate.reached()
      let waiting = (0..<6).map { cluster.begin(call, to: $0 % 2) }
      try await self.waiting(cluster, nodes: 2)
      gate.open()
      #expect(try await running.value.label == "released")
      await next.reached()
      next.open()
      var replies: [Reply] = []
      for reply in waiting { replies.append(try await reply.value) }
      #expect(replies.count { $0.label == "executed" } == 1)
      for reply in replies where reply.label != "executed" {
        if !reply.isReplay { try expect(reply, is: "in-progress") }
      }
      #expect(cluster.origin.calls.map(\.attempt) == ["1", "2"])
    }
  }
}

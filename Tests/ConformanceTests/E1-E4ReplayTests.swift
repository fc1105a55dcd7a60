import Idempotency
import Testing
@testable import Harness

@Suite("E1–E4, E8: once, and then again from any node", .eachKind, .timeLimit(.minutes(10)))
struct ReplayTests {
  @Test("E1 a hundred equal requests at once over three nodes: one call")
  func once() async throws {
    try await withCluster(ClusterOptions(nodes: 3)) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let call = Call(key: freshKey())
      let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
        for number in 0..<100 { group.addTask { try await cluster.send(call, to: number % 3) } }
        var replies: [Reply] = []
        // The first runs until all others have been answered.
        while replies.count < 99, let reply = try await group.next() { replies.append(reply) }
        gate.open()
        if let last = try await group.next() { replies.append(last) }
        return replies
      }
      #expect(cluster.origin.calls.count == 1)
      #expect(replies.count == 100)
      for reply in replies.prefix(99) { try expect(reply, is: "in-progress") }
      expectExecuted(try #require(replies.last))
      for node in 0..<3 { expectReplay(try await cluster.send(call, to: node), of: replies[99]) }
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E1 the same without holding the first back: one runs, the others are told to wait or get its answer")
  func stampede() async throws {
    try await withCluster(ClusterOptions(nodes: 3)) { cluster in
      for _ in 0..<5 {
        let call = Call(key: freshKey())
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
          for number in 0..<60 { group.addTask { try await cluster.send(call, to: number % 3) } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        let executed = replies.filter { $0.label == "executed" }
        #expect(executed.count == 1)
        for reply in replies where reply.label != "executed" {
          if reply.label == "replayed" {
            expectReplay(reply, of: executed[0])
          } else {
            try expect(reply, is: "in-progress")
          }
        }
        #expect(cluster.origin.calls(key: call.fields.last?.value ?? "").count == 1)
      }
    }
  }

  @Test("E1 many keys at once over three nodes: each its own answer, none crosswise")
  func noCrosstalk() async throws {
    try await withCluster(ClusterOptions(nodes: 3)) { cluster in
      cluster.origin.answers { call in ScriptedAnswer(200, "for \(call.text)") }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<100 {
          group.addTask {
            let call = Call(key: "k\(number)", body: "nonce \(number)")
            let first = try await cluster.send(call, to: number % 3)
            let second = try await cluster.send(call, to: (number + 1) % 3)
            expectExecuted(first, status: 200)
            #expect(first.text == "for nonce \(number)")
            expectReplay(second, of: first)
          }
        }
        try await group.waitForAll()
      }
      #expect(cluster.origin.calls.count == 100)
    }
  }

  @Test("E1 equal requests one behind the other on one connection: the second is a replay")
  func pipelined() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let call = Call(key: freshKey())
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(call.bytes() + call.bytes() + call.bytes())
      let first = try await connection.reply()
      expectExecuted(first)
      for _ in 0..<2 { expectReplay(try await connection.reply(), of: first) }
      #expect(cluster.origin.calls.count == 1)
      await connection.close()
    }
  }

  @Test("E2 while it runs, every node says 409 with Retry-After of at least 1")
  func inProgress() async throws {
    try await withCluster(ClusterOptions(nodes: 3)) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let call = Call(key: freshKey())
      let first = cluster.begin(call)
      await gate.reached()
      for node in 0..<3 {
        let reply = try await cluster.send(call, to: node)
        try expect(reply, is: "in-progress")
        #expect(reply["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
      }
      gate.open()
      let answer = try await first.value
      expectExecuted(answer)
      expectReplay(try await cluster.send(call, to: 2), of: answer)
    }
  }

  @Test("E2 the status of in-progress can be set")
  func inProgressStatus() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.statuses.inProgress = 425 }])) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let first = cluster.begin(Call(key: "k"))
      await gate.reached()
      try expect(try await cluster.send(Call(key: "k"), to: 1), is: "in-progress", status: 425)
      gate.open()
      expectExecuted(try await first.value)
    }
  }

  @Test("E3 when it is done, every node gives the same status, bytes and fields, again and again")
  func sameFromAnywhere() async throws {
    try await withCluster(ClusterOptions(nodes: 3)) { cluster in
      let fields = [
        Field("Content-Type", "text/plain; charset=utf-8"), Field("ETag", "\"1\""), Field("X-Request", "é"),
      ]
      cluster.origin.answers { _ in ScriptedAnswer(202, fields: fields, "angenommen ✓") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call, to: 1)
      expectExecuted(first, status: 202)
      #expect(first.keptFields == fields)
      for round in 0..<2 {
        for node in 0..<3 {
          expectReplay(try await cluster.send(call, to: node), of: first, "round \(round), node \(node)")
        }
      }
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E4 only replays say so")
  func marker() async throws {
    try await withCluster { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let running = cluster.begin(Call(key: "a"))
      await gate.reached()
      let meanwhile = try await cluster.send(Call(key: "a"), to: 1)
      #expect(meanwhile["Idempotent-Replayed"] == nil)
      gate.open()
      let first = try await running.value
      #expect(first["Idempotent-Replayed"] == nil)
      for node in 0...1 {
        #expect(try await cluster.send(Call(key: "a"), to: node).values("Idempotent-Replayed") == ["true"])
        #expect(try await cluster.send(Call(key: "a", body: "x"), to: node)["Idempotent-Replayed"] == nil)
        #expect(try await cluster.send(Call(), to: node)["Idempotent-Replayed"] == nil)
      }
    }
  }

  @Test("E8 parallel replays all succeed")
  func parallel() async throws {
    try await withCluster(ClusterOptions(nodes: 3)) { cluster in
      let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
      cluster.origin.answers { _ in ScriptedAnswer(200, body: .bytes(body)) }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      #expect(first.body == body)
      try await withThrowingTaskGroup(of: Reply.self) { group in
        for number in 0..<90 { group.addTask { try await cluster.send(call, to: number % 3) } }
        for try await reply in group { expectReplay(reply, of: first) }
      }
      #expect(cluster.origin.calls.count == 1)
    }
  }
}

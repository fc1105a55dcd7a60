import Foundation
import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension X {
  /// X1: a node killed with SIGKILL in the middle of an operation, after its effect and before its answer.
  @Suite("X1", .serialized)
  struct X01KilledNodeTests {
    /// Starts three nodes, has the first killed in the middle of an operation, and hands over what is left.
    private func afterKill(
      _ choice: UnknownOutcome,
      _ body: (_ fleet: ProcessFleet, _ key: String, _ survivors: [ProcessNode], _ left: RedisRecord) async throws ->
        Void
    ) async throws {
      try await ProcessFleet.run { fleet in
        let nodes = try await fleet.nodes(["A", "B", "C"]) { $0.unknownOutcome = choice }
        let key = freshKey()
        let lost = Task { try await nodes[0].transfer(key, delayAfter: "60s") }
        try await fleet.effect(of: key)
        #expect(try fleet.effects(of: key).map(\.attempt) == [1])
        await nodes[0].kill()
        await #expect(throws: (any Error).self, "a killed node gives no answer") { try await lost.value }
        let record = try await fleet.redis.record(of: key)
        #expect(record.state == "R" && record.attempt == 1)
        try await body(fleet, key, Array(nodes.dropFirst()), record)
      }
    }

    /// Retries on every survivor at once until each has had another answer than in-progress.
    ///
    /// - Returns: The first other answer of each.
    private func retry(_ key: String, on nodes: [ProcessNode]) async throws -> [Reply] {
      try await withThrowingTaskGroup(of: Reply.self) { group in
        for node in nodes {
          group.addTask {
            try await eventually {
              let reply = try await node.transfer(key)
              guard reply.label == "in-progress" else { return reply }
              try expect(reply, is: "in-progress")
              return nil
            }
          }
        }
        var replies: [Reply] = []
        for try await reply in group { replies.append(reply) }
        return replies
      }
    }

    @Test(
      "X1 execute-again: 409 until the lease ends, then one takeover that the origin sees as attempt 2")
    func executeAgain() async throws {
      try await afterKill(.executeAgain) { fleet, key, survivors, record in
        let replies = try await retry(key, on: survivors)
        let late = try await fleet.redis.milliseconds() - record.leaseDeadline
        #expect(late >= 0, "taken over while the lease lived")
        #expect(late < 3_000, "the key was kept \(late) ms longer than its lease")
        #expect(replies.allSatisfy { $0.status == 201 }, "\(replies.map(\.text))")
        #expect(replies.count { $0.label == "executed" } == 1, "one takes over, the other replays")
        #expect(replies.count { $0.label == "replayed" && $0.isReplay } == survivors.count - 1)
        #expect(Set(replies.map(\.body)).count == 1)
        #expect(try fleet.effects(of: key).map(\.attempt) == [1, 2])
        for node in survivors {
          let again = try await node.transfer(key)
          #expect(again.isReplay && again.body == replies[0].body)
        }
        #expect(try fleet.effects(of: key).count == 2)
      }
    }

    @Test("X1 hold: 409 until the lease ends, then outcome-uncertain, and never run again")
    func hold() async throws {
      try await afterKill(.hold) { fleet, key, survivors, record in
        let replies = try await retry(key, on: survivors)
        #expect(try await fleet.redis.milliseconds() >= record.leaseDeadline, "called uncertain while the lease lived")
        var all = replies
        for _ in 0..<5 { for node in survivors { all.append(try await node.transfer(key)) } }
        for reply in all { try expect(reply, is: "outcome-uncertain") }
        let uncertain = try await fleet.redis.record(of: key)
        #expect(uncertain.state == "U" && uncertain.attempt == 1 && uncertain.token == record.token)
        #expect(try fleet.effects(of: key).map(\.attempt) == [1])
      }
    }

    @Test(
      "X1 store: 409 until the lease ends, then a stored 500 outcome-lost, the same bytes for all, marked as replayed")
    func store() async throws {
      try await afterKill(.store) { fleet, key, survivors, record in
        var replies = try await retry(key, on: survivors)
        #expect(try await fleet.redis.milliseconds() >= record.leaseDeadline, "given up while the lease lived")
        for _ in 0..<3 { for node in survivors { replies.append(try await node.transfer(key)) } }
        for reply in replies {
          try expect(reply, is: "outcome-lost")
          #expect(reply.isReplay)
        }
        #expect(Set(replies.map(\.body)).count == 1)
        #expect(Set(replies.map(\.keptFields)).count == 1)
        #expect(try await fleet.redis.record(of: key).state == "C")
        #expect(try fleet.effects(of: key).map(\.attempt) == [1])
      }
    }

    @Test("X1 a request with another body neither takes over nor changes what a killed node left")
    func mismatch() async throws {
      try await afterKill(.executeAgain) { fleet, key, survivors, record in
        try await fleet.redis.leaseIsOver(record)
        for node in survivors {
          try expect(try await node.transfer(key, amount: "999.00"), is: "key-reused")
        }
        #expect(try await fleet.redis.record(of: key).bytes == record.bytes)
        #expect(try fleet.effects(of: key).map(\.attempt) == [1])
      }
    }
  }
}

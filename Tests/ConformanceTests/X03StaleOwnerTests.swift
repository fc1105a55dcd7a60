import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension X {
  /// X3: a node that lost its key while it could not reach Redis, and comes back.
  @Suite("X3", .serialized)
  struct X03StaleOwnerTests {
    private static let options = FaultOptions(lease: .milliseconds(600), unknownOutcome: .executeAgain)

    /// Has node 0 run attempt 1 behind a gate, cut off from Redis until node 1 has taken over and completed attempt 2.
    ///
    /// `first` is what the origin says to attempt 1; `isBack`, whether node 0 can reach Redis again before `body`.
    private func afterTakeover(
      first: @escaping Origin.Script = Origin.payment, isBack: Bool = true,
      _ body: (_ stale: Task<Reply, any Error>, _ second: Reply) async throws -> Void
    ) async throws {
      try await withFaults(Self.options) { cluster, redis, proxy in
        let gate = Gate()
        cluster.origin.answers { call in
          guard call.attempt == "1" else { return try await Origin.payment(call) }
          await gate.pass()
          return try await first(call)
        }
        let key = freshKey()
        let call = Call(key: key)
        let stale = cluster.begin(call, to: 0)
        await gate.reached()
        await proxy.stall()
        let second = try await cluster.sendUntilDecided(call, to: 1)
        #expect(second.status == 201 && second.label == "executed", "\(second.text)")
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1", "2"])
        let standing = try await redis.record(of: key)
        #expect(standing.state == "C" && standing.attempt == 2)
        if isBack { await proxy.resume() }
        gate.open()
        try await body(stale, second)
        if !isBack { await proxy.resume() }
        // What node 0 had sent before has reached Redis when this answer has come: all of it goes one way.
        let replay = try await cluster.sendUntilAvailable(call, to: 0)
        #expect(replay.isReplay && replay.body == second.body, "\(replay.status) \(replay.text)")
        #expect(try await redis.record(of: key).bytes == standing.bytes, "a stale owner changed the record")
        #expect(cluster.origin.calls(key: key).count == 2)
      }
    }

    @Test(
      "X3 a stale owner's completion and renewals change nothing, and its caller gets what stands in the record")
    func complete() async throws {
      try await afterTakeover { stale, second in
        let reply = try await stale.value
        #expect(reply.isReplay && reply.label == "replayed", "\(reply.status) \(reply.label ?? "-")")
        #expect(reply.status == second.status && reply.body == second.body)
        #expect(reply.keptFields == second.keptFields)
      }
    }

    @Test(
      "X3 a stale owner's completion that waited for Redis changes nothing; its caller was told that it is pending")
    func pendingCompletion() async throws {
      try await afterTakeover(isBack: false) { stale, second in
        let reply = try await stale.value
        #expect(reply.status == 201 && reply["Idempotency-Stored"] == "pending", "\(reply.status) \(reply.text)")
        #expect(reply.body != second.body)
      }
    }

    @Test("X3 a stale owner's release changes nothing, and its caller gets what stands in the record")
    func release() async throws {
      let refusal: Origin.Script = { _ in
        ScriptedAnswer(409, fields: [Field("Idempotency-Result", "release")], "not now")
      }
      try await afterTakeover(first: refusal) { stale, second in
        let reply = try await stale.value
        #expect(reply.isReplay && reply.body == second.body, "\(reply.status) \(reply.label ?? "-") \(reply.text)")
      }
    }

    @Test(
      "X3 a stale owner that meets the next one still running tells its caller in-progress, and changes nothing")
    func stillRunning() async throws {
      try await withFaults(Self.options) { cluster, redis, proxy in
        let gates = [Gate(), Gate()]
        cluster.origin.answers { call in
          await gates[call.attempt == "1" ? 0 : 1].pass()
          return try await Origin.payment(call)
        }
        let key = freshKey()
        let call = Call(key: key)
        let stale = cluster.begin(call, to: 0)
        await gates[0].reached()
        await proxy.stall()
        try await redis.leaseIsOver(try await redis.record(of: key))
        let next = Task { try await cluster.sendUntilDecided(call, to: 1) }
        await gates[1].reached()
        let taken = try await redis.record(of: key)
        #expect(taken.state == "R" && taken.attempt == 2)
        await proxy.resume()
        gates[0].open()
        try expect(try await stale.value, is: "in-progress")
        let standing = try await redis.record(of: key)
        #expect(standing.state == "R" && standing.attempt == 2 && standing.token == taken.token)
        gates[1].open()
        let second = try await next.value
        #expect(second.status == 201 && second.label == "executed")
        let replay = try await cluster.send(call, to: 0)
        #expect(replay.isReplay && replay.body == second.body)
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1", "2"])
      }
    }
  }
}

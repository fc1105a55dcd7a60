import Idempotency
import IdempotencyTesting
import Testing

extension X {
  /// X3: a node that lost its key while it could not reach Redis, and comes back.
  @Suite("X3", .serialized)
  struct X03StaleOwnerTests {
    private static let lease = Duration.milliseconds(600)

    /// Has node 0 run attempt 1 behind a gate, cut off from Redis until node 1 has taken over and completed attempt 2.
    ///
    /// - Parameter isBack: Whether node 0 can reach Redis again before `body`.
    private func afterTakeover(
      answers first: @escaping Origin.Script = Origin.payment, isBack: Bool = true,
      _ body: (
        _ cluster: FaultCluster, _ gate: Gate, _ stale: Task<Reply, any Error>, _ call: Call, _ second: Reply
      ) async throws -> Void
    ) async throws {
      try await withCluster(lease: Self.lease, .executeAgain, proxied: true) { cluster in
        let gate = Gate()
        cluster.origin.answers { call in
          guard call.attempt == "1" else { return try await Origin.payment(call) }
          await gate.pass()
          return try await first(call)
        }
        let call = Call(key: freshKey())
        let key = try #require(call.key)
        let stale = Task { try await cluster.send(call, to: 0) }
        await gate.reached()
        await cluster.proxy.stall(.clientToServer)
        await cluster.proxy.stall(.serverToClient)
        let second: Reply = try await eventually("node 1 to take over") {
          let reply = try await cluster.send(call, to: 1)
          if reply.label == "in-progress" { return nil }
          return reply
        }
        #expect(second.status == 201 && second.label == "executed", "\(second.text)")
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1", "2"])
        let standing = try #require(try await cluster.redis.record(of: key))
        #expect(standing.state == "C" && standing.attempt == 2)
        if isBack { await cluster.backAgain() }
        try await body(cluster, gate, stale, call, second)
        gate.open()
        _ = try await stale.value
        if !isBack { await cluster.backAgain() }
        // Node 0 and its late commands are heard by Redis now, on the connection that everything of it goes through.
        let replay = try await cluster.sendUntilAvailable(call, to: 0)
        #expect(replay.isReplay && replay.body == second.body)
        #expect(try await cluster.redis.record(of: key) == standing, "a stale owner changed the record")
        #expect(cluster.origin.calls(key: key).count == 2)
      }
    }

    @Test("X3 a stale owner's completion and renewals change nothing, and its caller gets what stands in the record")
    func complete() async throws {
      try await afterTakeover { cluster, gate, stale, call, second in
        // It renews no more: the first reply told it, or tells it now.
        gate.open()
        let reply = try await stale.value
        #expect(reply.isReplay && reply.label == "replayed", "\(reply.status) \(reply.label ?? "-")")
        #expect(reply.status == second.status && reply.body == second.body)
        #expect(reply.keptFields == second.keptFields)
      }
    }

    @Test("X3 a stale owner's completion that waited for Redis changes nothing; its caller was told that it is pending")
    func pendingCompletion() async throws {
      try await afterTakeover(isBack: false) { cluster, gate, stale, call, second in
        gate.open()
        let reply = try await stale.value
        #expect(reply.status == 201 && reply["Idempotency-Stored"] == "pending", "\(reply.status) \(reply.text)")
        #expect(reply.body != second.body)
      }
    }

    @Test("X3 a stale owner's release changes nothing, and its caller gets what stands in the record")
    func release() async throws {
      let refusal: Origin.Script = { _ in
        OriginAnswer(429, fields: [Field("Idempotency-Result", "release")], "slow down")
      }
      try await afterTakeover(answers: refusal) { cluster, gate, stale, call, second in
        gate.open()
        let reply = try await stale.value
        #expect(reply.isReplay && reply.body == second.body, "\(reply.status) \(reply.label ?? "-") \(reply.text)")
      }
    }

    @Test("X3 a stale owner that meets the next one still running tells its caller in-progress, and changes nothing")
    func stillRunning() async throws {
      try await withCluster(lease: Self.lease, .executeAgain, proxied: true) { cluster in
        let gates = [Gate(), Gate()]
        cluster.origin.answers { call in
          await gates[call.attempt == "1" ? 0 : 1].pass()
          return try await Origin.payment(call)
        }
        let call = Call(key: freshKey())
        let key = try #require(call.key)
        let stale = Task { try await cluster.send(call, to: 0) }
        await gates[0].reached()
        await cluster.proxy.stall(.clientToServer)
        await cluster.proxy.stall(.serverToClient)
        let record = try #require(try await cluster.redis.record(of: key))
        try await cluster.redis.leaseIsOver(record)
        let next = Task { try await cluster.sendUntilNotInProgress(call, to: 1) }
        await gates[1].reached()
        await cluster.backAgain()
        gates[0].open()
        let late = try await stale.value
        #expect(late.status == 409 && late.problem == "in-progress", "\(late.status) \(late.text)")
        let standing = try #require(try await cluster.redis.record(of: key))
        #expect(standing.state == "R" && standing.attempt == 2 && standing.token != record.token)
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

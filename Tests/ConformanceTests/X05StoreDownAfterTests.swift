import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension X {
  /// X5: the store is gone when the operation has had its effect.
  @Suite("X5", .serialized)
  struct X05StoreDownAfterTests {
    @Test(
      "X5 the caller gets the real answer marked as pending; it is stored when Redis is back, and replayed elsewhere",
      arguments: [UnknownOutcome.hold, .store, .executeAgain])
    func pending(choice: UnknownOutcome) async throws {
      var options = FaultOptions(unknownOutcome: choice)
      options.redis.appendOnly = true
      try await withFaults(options) { cluster, redis, _ in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let key = freshKey()
        let call = Call(key: key)
        let first = cluster.begin(call, to: 0)
        await gate.reached()
        await redis.kill()
        gate.open()
        let real = try await first.value
        #expect(real.status == 201 && real.label == "executed", "\(real.text)")
        #expect(real["Idempotency-Stored"] == "pending")
        #expect(!real.isReplay)
        for node in 0..<2 { try expect(try await cluster.send(call, to: node), is: "store-unavailable") }
        try await redis.restart()
        // Until the completion is there the key is still reserved: nobody runs it again.
        let replay = try await eventually {
          let reply = try await cluster.send(call, to: 1)
          if reply.problem == "in-progress" || reply.problem == "store-unavailable" { return nil as Reply? }
          return reply
        }
        #expect(replay.isReplay && replay.label == "replayed", "\(replay.status) \(replay.text)")
        #expect(replay.status == 201 && replay.body == real.body)
        #expect(replay["Idempotency-Stored"] == nil)
        #expect(replay["Location"] == real["Location"])
        #expect(cluster.origin.calls(key: key).count == 1)
        let record = try await redis.record(of: key)
        #expect(record.state == "C" && record.attempt == 1 && record.ttl > 0)
      }
    }

    @Test(
      "X5 hold: a lease that ended while Redis was away leaves the key uncertain until the pending answer ends that")
    func leaseEndedMeanwhile() async throws {
      var options = FaultOptions(lease: .milliseconds(600))
      options.redis.appendOnly = true
      try await withFaults(options) { cluster, redis, proxy in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let key = freshKey()
        let call = Call(key: key)
        let first = cluster.begin(call, to: 0)
        await gate.reached()
        await proxy.refuseConnections()
        await proxy.cut()
        gate.open()
        let real = try await first.value
        #expect(real.status == 201 && real["Idempotency-Stored"] == "pending", "\(real.text)")
        try await redis.leaseIsOver(try await redis.record(of: key))
        try expect(try await cluster.send(call, to: 1), is: "outcome-uncertain")
        #expect(try await redis.record(of: key).state == "U")
        try await proxy.acceptConnections()
        let replay = try await eventually {
          let reply = try await cluster.send(call, to: 1)
          return reply.problem == "outcome-uncertain" ? nil : reply
        }
        #expect(replay.isReplay && replay.body == real.body, "\(replay.status) \(replay.text)")
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    @Test(
      "X5 a released answer that Redis does not take is marked as pending; the key is free when Redis is back")
    func release() async throws {
      var options = FaultOptions()
      options.redis.appendOnly = true
      try await withFaults(options) { cluster, redis, _ in
        let gate = Gate()
        cluster.origin.answers(behind: gate) { call in
          call.numberOfKey == 1 ? ScriptedAnswer(429, "slow down") : try await Origin.payment(call)
        }
        let key = freshKey()
        let call = Call(key: key)
        let first = cluster.begin(call, to: 0)
        await gate.reached()
        await redis.kill()
        gate.open()
        let real = try await first.value
        #expect(real.status == 429 && real.text == "slow down")
        #expect(real.label == "released" && real["Idempotency-Stored"] == "pending")
        try await redis.restart()
        let second = try await eventually {
          let reply = try await cluster.send(call, to: 1)
          if reply.problem == "in-progress" || reply.problem == "store-unavailable" { return nil as Reply? }
          return reply
        }
        #expect(second.status == 201 && second.label == "executed", "\(second.text)")
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1", "2"])
      }
    }

    @Test(
      "X5 hold: an unknown outcome is told as uncertain and pending, and marked when Redis is back")
    func uncertain() async throws {
      var options = FaultOptions()
      options.redis.appendOnly = true
      try await withFaults(options) { cluster, redis, _ in
        let gate = Gate()
        cluster.origin.answers(behind: gate) { _ in ScriptedAnswer(502, "bad gateway") }
        let key = freshKey()
        let call = Call(key: key)
        let first = cluster.begin(call, to: 0)
        await gate.reached()
        await redis.kill()
        gate.open()
        let real = try await first.value
        #expect(real.status == 502 && real.label == "uncertain" && real["Idempotency-Stored"] == "pending")
        try await redis.restart()
        try await holds("the mark stands") { try await redis.record(of: key).state == "U" }
        try expect(try await cluster.sendUntilAvailable(call, to: 1), is: "outcome-uncertain")
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }
  }
}

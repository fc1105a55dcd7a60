import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension X {
  /// X16: more than half of a lease passes between a reservation and the operation.
  ///
  /// The proxy holds the reservation's reply back: to the node that is the same as not running for so long. Only here
  /// do tests let time pass: it is what the rule is about.
  @Suite("X16", .serialized)
  struct X16LateOwnerTests {
    private static let lease: Int64 = 2_000
    /// No time-out of the store comes between.
    private static let options = FaultOptions(lease: .milliseconds(lease), storeTimeout: .seconds(5))

    /// Sends a request and holds the reply of its reservation back for more than half of its lease.
    ///
    /// - Returns: The record as it was reserved; nothing flows from Redis to node 0.
    private func reserved(_ key: String, _ redis: RedisServer, _ proxy: FaultProxy, begin: () -> Void) async throws
      -> RedisRecord
    {
      await proxy.stall(.serverToClient)
      begin()
      try await holds("the reservation stands") { try await redis.recordIfAny(of: key) != nil }
      let record = try await redis.record(of: key)
      try await holds("more than half of the lease passes") {
        try await redis.milliseconds() > record.leaseDeadline - Self.lease / 2 + 200
      }
      #expect(try await redis.milliseconds() < record.leaseDeadline, "too slow a machine for this test")
      return record
    }

    @Test(
      "X16 the reply comes after half of the lease: the lease is renewed before the operation runs, once")
    func renewed() async throws {
      try await withFaults(Self.options) { cluster, redis, proxy in
        #expect(try await cluster.send(Call(key: freshKey()), to: 0).label == "executed")
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let key = freshKey()
        var first: Task<Reply, any Error>?
        let record = try await reserved(key, redis, proxy) { first = cluster.begin(Call(key: key), to: 0) }
        #expect(cluster.origin.calls(key: key).isEmpty)
        await proxy.resume(.serverToClient)
        await gate.reached()
        let renewed = try await redis.record(of: key)
        #expect(renewed.leaseDeadline > record.leaseDeadline, "it ran on less than half a lease")
        #expect(renewed.token == record.token && renewed.attempt == 1)
        gate.open()
        let reply = try await #require(first).value
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1"])
      }
    }

    @Test(
      "X16 the reply comes after half of the lease and the renewal gets none: 503, the origin is untouched")
    func renewalLost() async throws {
      try await withFaults(.init(lease: .milliseconds(Self.lease), storeTimeout: .milliseconds(1_700))) {
        cluster, redis, proxy in
        #expect(try await cluster.send(Call(key: freshKey()), to: 0).label == "executed")
        let key = freshKey()
        var first: Task<Reply, any Error>?
        _ = try await reserved(key, redis, proxy) { first = cluster.begin(Call(key: key), to: 0) }
        // From now on node 0 is heard by nobody; the reply that is held back still reaches it.
        await proxy.drop(.clientToServer)
        await proxy.resume(.serverToClient)
        try expect(try await #require(first).value, is: "store-unavailable")
        #expect(cluster.origin.calls(key: key).isEmpty)
        await proxy.drop(.clientToServer, false)
        await proxy.cut()
        let reply = try await eventually {
          let reply = try await cluster.send(Call(key: key), to: 0)
          return reply.problem == nil ? reply : nil
        }
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    @Test(
      "X16 another node takes over meanwhile: the late owner's renewal fails, it gets 503 and its origin nothing")
    func takenOver() async throws {
      var options = Self.options
      options.unknownOutcome = .executeAgain
      try await withFaults(options) { cluster, redis, proxy in
        #expect(try await cluster.send(Call(key: freshKey()), to: 0).label == "executed")
        let key = freshKey()
        var first: Task<Reply, any Error>?
        let record = try await reserved(key, redis, proxy) { first = cluster.begin(Call(key: key), to: 0) }
        try await redis.leaseIsOver(record)
        let second = try await cluster.sendUntilDecided(Call(key: key), to: 1)
        #expect(second.status == 201 && second.label == "executed", "\(second.text)")
        await proxy.resume(.serverToClient)
        try expect(try await #require(first).value, is: "store-unavailable")
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["2"])
        let replay = try await cluster.send(Call(key: key), to: 0)
        #expect(replay.isReplay && replay.body == second.body)
      }
    }

    @Test(
      "X16 hold: called uncertain while its owner was suspended before it ran: the key is free again, one effect in all"
    )
    func calledUncertain() async throws {
      try await withFaults(Self.options) { cluster, redis, proxy in
        #expect(try await cluster.send(Call(key: freshKey()), to: 0).label == "executed")
        let key = freshKey()
        var first: Task<Reply, any Error>?
        let record = try await reserved(key, redis, proxy) { first = cluster.begin(Call(key: key), to: 0) }
        try await redis.leaseIsOver(record)
        try expect(try await cluster.sendUntilDecided(Call(key: key), to: 1), is: "outcome-uncertain")
        await proxy.resume(.serverToClient)
        try expect(try await #require(first).value, is: "store-unavailable")
        // Nothing was sent: the owner itself ends the uncertainty.
        let reply = try await eventually {
          let reply = try await cluster.send(Call(key: key), to: 1)
          return reply.problem == nil ? reply : nil
        }
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    @Test(
      "X16 a process that is suspended (SIGSTOP) between reservation and operation has one effect at most, then goes on"
    )
    func suspendedProcess() async throws {
      try await ProcessFleet.run { fleet in
        let proxy = try await FaultProxy.start(port: fleet.redis.port)
        let late = try await fleet.node("A") {
          $0.redisPort = proxy.port
          $0.lease = .seconds(2)
          $0.unknownOutcome = .executeAgain
          $0.storeTimeout = .seconds(5)
        }
        let other = try await fleet.node("B") {
          $0.lease = .seconds(2)
          $0.unknownOutcome = .executeAgain
        }
        let key = freshKey()
        await proxy.stall(.serverToClient)
        let first = Task { try await late.transfer(key) }
        try await holds("the reservation stands") { try await fleet.redis.recordIfAny(of: key) != nil }
        try await late.suspend()
        await proxy.resume(.serverToClient)
        let record = try await fleet.redis.record(of: key)
        try await fleet.redis.leaseIsOver(record)
        let second = try await eventually {
          let reply = try await other.transfer(key)
          return reply.label == "in-progress" ? nil : reply
        }
        #expect(second.status == 201 && second.label == "executed", "\(second.text)")
        late.resume()
        try expect(try await first.value, is: "store-unavailable")
        #expect(try fleet.effects(of: key).map(\.attempt) == [2])
        let replay = try await late.transfer(key)
        #expect(replay.isReplay && replay.body == second.body)
        await proxy.stop()
      }
    }
  }
}

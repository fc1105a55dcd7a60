import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension X {
  /// X6 and X7: Redis did what it was asked, and its reply was lost.
  @Suite("X6 X7", .serialized)
  struct X06LostReplyTests {
    /// Sends every script once, so that none is unknown to Redis when its reply is to be lost.
    private func warmUp(_ cluster: Cluster) async throws {
      cluster.origin.answers { call in
        call.numberOfKey == 1
          ? ScriptedAnswer(200, fields: [Field("Idempotency-Result", "release")]) : try await Origin.payment(call)
      }
      let key = freshKey()
      #expect(try await cluster.send(Call(key: key), to: 0).label == "released")
      #expect(try await cluster.send(Call(key: key), to: 0).label == "executed")
      cluster.origin.answers(Origin.payment)
    }

    @Test(
      "X6 lost replies of reserve: the caller still owns the key, one effect, 201",
      arguments: [1, 2])
    func reserve(times: Int) async throws {
      try await withFaults { cluster, redis, proxy in
        try await warmUp(cluster)
        let key = freshKey()
        let watch = await proxy.loseReplies(toCommandsWith: ["\r\nSET\r\n", key], count: times)
        let reply = try await cluster.send(Call(key: key), to: 0)
        #expect(watch.lost == times, "no reply was lost: the test proves nothing")
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(reply["Idempotency-Stored"] == nil)
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1"])
        let replay = try await cluster.send(Call(key: key), to: 1)
        #expect(replay.isReplay && replay.body == reply.body)
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    @Test(
      "X6 a reserve whose every reply is lost: 503, the origin is untouched, and the key is free again")
    func reserveAlways() async throws {
      try await withFaults { cluster, redis, proxy in
        try await warmUp(cluster)
        let key = freshKey()
        let watch = await proxy.loseReplies(toCommandsWith: ["\r\nSET\r\n", key], count: .max)
        try expect(try await cluster.send(Call(key: key), to: 0), is: "store-unavailable")
        #expect(watch.lost >= 2)
        #expect(cluster.origin.calls(key: key).isEmpty)
        try await holds("the reservation is released") { try await redis.record(of: key).state == "F" }
        let reply = try await cluster.send(Call(key: key), to: 1)
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    @Test("X6 the lost reply of a reclaim: the caller still owns the key, one effect, 201")
    func reclaim() async throws {
      try await withFaults { cluster, redis, proxy in
        try await warmUp(cluster)
        let key = freshKey()
        cluster.origin.answers(with: ScriptedAnswer(429, "slow down"))
        #expect(try await cluster.send(Call(key: key), to: 0).status == 429)
        // The first script on this key is the reclaim.
        let watch = await proxy.loseReplies(toCommandsWith: ["\r\nEVALSHA\r\n", key])
        cluster.origin.answers(with: ScriptedAnswer(201, "done"))
        let reply = try await cluster.send(Call(key: key), to: 0)
        #expect(watch.lost == 1, "no reply was lost: the test proves nothing")
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1", "2"])
        let replay = try await cluster.send(Call(key: key), to: 1)
        #expect(replay.isReplay && replay.text == "done")
      }
    }

    @Test(
      "X7 the lost reply of complete: the answer is stored, told as executed and not as pending, and replayed")
    func complete() async throws {
      try await withFaults { cluster, redis, proxy in
        try await warmUp(cluster)
        let key = freshKey()
        let watch = await proxy.loseReplies(toCommandsWith: ["\r\nEVALSHA\r\n", key])
        let reply = try await cluster.send(Call(key: key), to: 0)
        #expect(watch.lost == 1, "no reply was lost: the test proves nothing")
        #expect(watch.seen == 2, "complete is sent again once")
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(reply["Idempotency-Stored"] == nil)
        let replay = try await cluster.send(Call(key: key), to: 1)
        #expect(replay.isReplay && replay.body == reply.body)
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    @Test("X7 the lost reply of release: the key is free, and the next attempt is the second")
    func release() async throws {
      try await withFaults { cluster, redis, proxy in
        try await warmUp(cluster)
        let key = freshKey()
        cluster.origin.answers(with: ScriptedAnswer(429, "slow down"))
        let watch = await proxy.loseReplies(toCommandsWith: ["\r\nEVALSHA\r\n", key])
        let reply = try await cluster.send(Call(key: key), to: 0)
        #expect(watch.lost == 1, "no reply was lost: the test proves nothing")
        #expect(reply.status == 429 && reply.label == "released")
        cluster.origin.answers(Origin.payment)
        let second = try await eventually {
          let reply = try await cluster.send(Call(key: key), to: 1)
          return reply.problem == nil ? reply : nil
        }
        #expect(second.status == 201)
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1", "2"])
      }
    }
  }
}

import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension X {
  /// X4: the store cannot be reached before the operation runs.
  @Suite("X4", .serialized)
  struct X04StoreDownBeforeTests {
    @Test(
      "X4 Redis is down: 503 store-unavailable with Retry-After, the origin is untouched, and the key is not used up")
    func down() async throws {
      var options = FaultOptions()
      options.redis.appendOnly = true
      try await withFaults(options) { cluster, redis, _ in
        await redis.kill()
        let keys = (0..<4).map { _ in freshKey() }
        for key in keys {
          for node in 0..<2 {
            try expect(try await cluster.send(Call(key: key), to: node), is: "store-unavailable")
          }
        }
        #expect(cluster.origin.calls.isEmpty)
        // What no policy guards goes on.
        #expect(try await cluster.send(Call("GET"), to: 0).status == 201)
        #expect(try await cluster.send(Call(), to: 0).status == 201)
        try await redis.restart()
        for key in keys {
          let reply = try await cluster.sendUntilAvailable(Call(key: key), to: 0)
          #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
          #expect(cluster.origin.calls(key: key).count == 1)
        }
      }
    }

    @Test(
      "X4 a connection that is open and silent: 503 within bounds, the origin is untouched, and the key is free again")
    func halfOpen() async throws {
      try await withFaults { cluster, redis, proxy in
        let before = freshKey()
        let first = try await cluster.send(Call(key: before), to: 0)
        #expect(first.label == "executed")
        await proxy.stall()
        let key = freshKey()
        let start = ContinuousClock.now
        try expect(try await cluster.send(Call(key: key), to: 0), is: "store-unavailable")
        // Three tries of one time-out each, and as much again for a busy machine.
        #expect(ContinuousClock.now - start < .seconds(3 + 3))
        #expect(cluster.origin.calls(key: key).isEmpty)
        await proxy.resume()
        // The reservations that were held back arrive now, and the release behind them.
        let reply = try await eventually {
          let reply = try await cluster.send(Call(key: key), to: 0)
          return reply.problem == nil ? reply : nil
        }
        #expect(reply.status == 201 && reply.label == "executed")
        #expect(cluster.origin.calls(key: key).count == 1)
        let replay = try await cluster.send(Call(key: before), to: 0)
        #expect(replay.isReplay && replay.body == first.body)
      }
    }

    @Test("X4 a suspended Redis: 503 within bounds on every node, and every key is usable afterwards")
    func suspended() async throws {
      try await withFaults { cluster, redis, _ in
        #expect(try await cluster.send(Call(key: freshKey()), to: 0).label == "executed")
        #expect(try await cluster.send(Call(key: freshKey()), to: 1).label == "executed")
        redis.suspend()
        let keys = (0..<8).map { _ in freshKey() }
        let start = ContinuousClock.now
        let replies = try await inParallel(keys.indices) { try await cluster.send(Call(key: keys[$0]), to: $0 % 2) }
        redis.resume()
        #expect(ContinuousClock.now - start < .seconds(6))
        for reply in replies { try expect(reply, is: "store-unavailable") }
        #expect(cluster.origin.calls.count == 2)
        for (index, key) in keys.enumerated() {
          let reply = try await eventually {
            let reply = try await cluster.send(Call(key: key), to: (index + 1) % 2)
            return reply.problem == nil ? reply : nil
          }
          #expect(reply.status == 201 && reply.label == "executed")
          #expect(cluster.origin.calls(key: key).count == 1)
        }
      }
    }

    @Test(
      "X4 Redis was never there: 503, the origin is untouched; once it comes the node serves without a restart",
      .only(.middleware, because: "a worker opens its listener when it is first ready: see X start"))
    func absentFromTheStart() async throws {
      let redis = try await RedisServer.start()
      await redis.kill()
      try await withLonelyNode(redis: redis.configuration) { node, origin in
        for _ in 0..<3 {
          // Its keyspaces are not claimed yet (F11).
          try expect(try await node.send(Call(key: freshKey())), is: "not-ready")
        }
        #expect(origin.calls.isEmpty)
        try await redis.restart()
        let key = freshKey()
        let reply = try await eventually {
          let reply = try await node.send(Call(key: key))
          return reply.problem == nil ? reply : nil
        }
        #expect(reply.status == 201 && reply.label == "executed")
        #expect(origin.calls(key: key).count == 1)
      }
      await redis.stop()
    }

    @Test("X4 the log says once what happened and what to do, and once that it is over")
    func log() async throws {
      try await ProcessFleet.run { fleet in
        let node = try await fleet.node("A")
        await fleet.redis.kill()
        for _ in 0..<20 { try expect(try await node.transfer(freshKey()), is: "store-unavailable") }
        try await holds("a warning says what Redis's trouble is", within: .seconds(5)) {
          !node.log("warning", "store does not do what it is asked").isEmpty
        }
        let warnings = node.log("warning", "store does not do what it is asked")
        #expect(warnings.count == 1, "a line for every request")
        #expect(
          warnings.allSatisfy { ($0.contains("reason=") || $0.contains("\"reason\":")) && $0.contains("Redis") },
          "\(warnings)")
        try await fleet.redis.restart()
        _ = try await eventually { try await node.transfer(freshKey()).problem == nil ? true : nil }
        try await holds("a line says that it is over", within: .seconds(5)) {
          node.log("notice", "store answers again").count == 1
        }
      }
    }

    @Test("X4 the log names the remedy where Redis refuses to write")
    func remedy() async throws {
      try await ProcessFleet.run { fleet in
        let node = try await fleet.node("A")
        try await Refusal.full.begin(fleet.redis)
        try expect(try await node.transfer(freshKey()), is: "store-unavailable")
        try await holds("a warning names maxmemory", within: .seconds(5)) {
          !node.log("warning", "`maxmemory`").isEmpty
        }
      }
    }

    @Test(
      "X4 onUnavailable: execute runs the operation unguarded, says so, and only before anything was sent to Redis",
      .only(.middleware, because: "a worker that is open has seen its Redis: see E21 unguarded"))
    func unguarded() async throws {
      let redis = try await RedisServer.start()
      try await withLonelyNode(redis: redis.configuration, isReady: true, { $0.execution.onUnavailable = .execute }) {
        node, origin in
        await redis.kill()
        let key = freshKey()
        let replies = [try await node.send(Call(key: key)), try await node.send(Call(key: key))]
        for reply in replies { #expect(reply.status == 201 && reply.label == "unguarded" && !reply.isReplay) }
        #expect(origin.calls(key: key).count == 2)
        #expect(origin.calls(key: key).allSatisfy { $0.attempt == nil })
      }
      await redis.stop()
    }
  }
}

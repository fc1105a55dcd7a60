import HiredisNIO
import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension X {
  /// X8: Redis forgets its scripts, restarts, or comes back without its data.
  @Suite("X8", .serialized)
  struct X08ChangedRedisTests {
    /// The shortest that a worker's configuration takes: the longest way back to Redis and two time-outs.
    private static let settle = TimeAmount.seconds(5)
    /// Its clock begins when Redis does, a little before the test knows.
    private static let settled = Duration.milliseconds(4_900)

    @Test("X8 SCRIPT FLUSH under load: nothing is noticed")
    func scriptFlush() async throws {
      try await withFaults { cluster, redis, _ in
        cluster.origin.answers { call in
          // Every fifth key is released once, so that reclaim and release run without their scripts too.
          if call.numberOfKey == 1, call.key?.hasPrefix("5") == true { return ScriptedAnswer(429, "slow down") }
          return try await Origin.payment(call)
        }
        let flushing = Task {
          while !Task.isCancelled { try await redis.command("SCRIPT", "FLUSH", "SYNC") }
        }
        let keys = (0..<60).map { "\($0 % 10)-\(freshKey())" }
        let outcomes = try await inParallel(keys) { key in
          try await inParallel(0..<3) { try await cluster.sendUntilDecided(Call(key: key), to: $0 % 2) }
        }
        for (key, replies) in zip(keys, outcomes) {
          let isReleasedFirst = key.hasPrefix("5")
          #expect(replies.count { $0.label == "released" } == (isReleasedFirst ? 1 : 0))
          let final = replies.filter { $0.label != "released" }
          #expect(final.allSatisfy { $0.status == 201 && $0["Idempotency-Stored"] == nil }, "\(final.map(\.text))")
          #expect(final.count { $0.label == "executed" } == 1)
          #expect(Set(final.map(\.body)).count == 1)
          let replay = try await cluster.send(Call(key: key), to: 1)
          #expect(replay.isReplay && replay.body == final.first?.body)
          #expect(cluster.origin.calls(key: key).count == (isReleasedFirst ? 2 : 1))
        }
        flushing.cancel()
        let missed = try await redis.info("errorstat_NOSCRIPT")
        #expect(missed != nil, "no script was missing: the test proves nothing")
      }
    }

    @Test(
      "X8 a restart with its data: 503 while away, replays at once, reservations when it has settled, then everything")
    func restartWithData() async throws {
      var options = FaultOptions(settle: Self.settle)
      options.redis.appendOnly = true
      try await withFaults(options) { cluster, redis, _ in
        let gate = Gate()
        let (done, running) = (freshKey(), freshKey())
        let first = try await cluster.send(Call(key: done), to: 0)
        #expect(first.label == "executed")
        cluster.origin.answers(behind: gate)
        let operation = cluster.begin(Call(key: running), to: 0)
        await gate.reached()
        cluster.origin.answers(Origin.payment)
        await redis.kill()
        for node in 0..<2 {
          for key in [done, running, freshKey()] {
            try expect(try await cluster.send(Call(key: key), to: node), is: "store-unavailable")
          }
        }
        try await redis.restart()
        let back = ContinuousClock.now
        let new = freshKey()
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            let replay = try await cluster.sendUntilAvailable(Call(key: done), to: 1)
            #expect(replay.isReplay && replay.body == first.body)
          }
          group.addTask {
            // A try that was told 503 may be given back a little later: until then it is in progress.
            let reply = try await eventually {
              let reply = try await cluster.send(Call(key: new), to: 1)
              return reply.label == "failed" || reply.label == "in-progress" ? nil : reply
            }
            #expect(reply.label == "executed")
            #expect(ContinuousClock.now - back >= Self.settled, "reserved before the node had settled")
          }
          group.addTask {
            try expect(try await cluster.sendUntilAvailable(Call(key: running), to: 1), is: "in-progress")
          }
          try await group.waitForAll()
        }
        gate.open()
        let executed = try await operation.value
        #expect(executed.status == 201 && executed.label == "executed" && executed["Idempotency-Stored"] == nil)
        let replay = try await cluster.send(Call(key: running), to: 1)
        #expect(replay.isReplay && replay.body == executed.body)
        for key in [done, running, new] { #expect(cluster.origin.calls(key: key).count == 1) }
      }
    }

    @Test(
      "X8 a restart without its data: a reservation and a completion are put back within settle; nothing runs again",
      arguments: [UnknownOutcome.hold, .store, .executeAgain])
    func restartWithoutData(choice: UnknownOutcome) async throws {
      let options = FaultOptions(unknownOutcome: choice, settle: Self.settle)
      try await withFaults(options) { cluster, redis, _ in
        let gate = Gate()
        let (done, running, uncertain) = (freshKey(), freshKey(), freshKey())
        cluster.origin.answers(behind: gate)
        let operation = cluster.begin(Call(key: running), to: 0)
        await gate.reached()
        cluster.origin.answers(with: ScriptedAnswer(502, "bad gateway"))
        let failed = try await cluster.send(Call(key: uncertain), to: 0)
        #expect(failed.status == 502)
        cluster.origin.answers(Origin.payment)
        let first = try await cluster.send(Call(key: done), to: 0)
        #expect(first.label == "executed")
        await redis.kill()
        try await redis.restart()
        let back = ContinuousClock.now
        #expect(try await redis.command("DBSIZE").integer ?? 0 <= 3)
        let refusals = Watched(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
          // Node 1 has none of it; it must wait for node 0 all the same.
          for node in 0..<2 {
            group.addTask {
              let replay = try await cluster.sendUntilAvailable(Call(key: done), to: node)
              #expect(replay.isReplay && replay.body == first.body, "\(replay.status) \(replay.text)")
            }
            group.addTask {
              let reply = try await cluster.sendUntilAvailable(Call(key: running), to: node)
              try expect(reply, is: "in-progress")
            }
            if choice != .executeAgain {
              group.addTask {
                let reply = try await cluster.sendUntilAvailable(Call(key: uncertain), to: node)
                if choice == .hold { try expect(reply, is: "outcome-uncertain") }
                if choice == .store { #expect(reply.isReplay && reply.text == "bad gateway") }
              }
            }
            group.addTask {
              let key = freshKey()
              try await holds("a new key is taken") {
                let reply = try await cluster.send(Call(key: key), to: node)
                if reply.label == "executed" { return true }
                try expect(reply, is: "store-unavailable")
                refusals.update { $0 += 1 }
                return false
              }
              #expect(ContinuousClock.now - back >= Self.settled, "reserved before the node had settled")
              #expect(cluster.origin.calls(key: key).count == 1)
            }
          }
          try await group.waitForAll()
        }
        #expect(refusals.value > 0)
        #expect(try await redis.record(of: running).state == "R")
        gate.open()
        let executed = try await operation.value
        #expect(executed.status == 201 && executed.label == "executed", "\(executed.text)")
        #expect(executed["Idempotency-Stored"] == nil)
        for node in 0..<2 {
          let replay = try await cluster.send(Call(key: running), to: node)
          #expect(replay.isReplay && replay.body == executed.body)
        }
        #expect(cluster.origin.calls(key: done).count == 1)
        #expect(cluster.origin.calls(key: running).count == 1)
        #expect(cluster.origin.calls(key: uncertain).count == 1)
        for key in [done, running] { #expect(try await redis.record(of: key).ttl > 0) }
      }
    }
  }
}

import Idempotency
import Testing
@testable import Harness

extension XAtLength {
  @Suite("X2", .serialized)
  struct X02LongOperationTests {
    @Test(
      "X2 an operation that outlives its lease four times over runs once; duplicates get 409 meanwhile",
      arguments: [UnknownOutcome.hold, .store, .executeAgain])
    func long(choice: UnknownOutcome) async throws {
      let lease: Int64 = 1_500
      try await withFaults(.init(lease: .milliseconds(lease), unknownOutcome: choice)) { cluster, redis, _ in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let key = freshKey()
        let call = Call(key: key)
        let first = cluster.begin(call, to: 0)
        await gate.reached()
        let begin = try await redis.record(of: key)
        try await holds("four leases pass") {
          for node in 0..<2 { try expect(try await cluster.send(call, to: node), is: "in-progress") }
          let now = try await redis.record(of: key)
          #expect(now.state == "R" && now.token == begin.token && now.attempt == 1)
          return now.leaseDeadline >= begin.leaseDeadline + 4 * lease
        }
        gate.open()
        let executed = try await first.value
        #expect(executed.status == 201 && executed.label == "executed", "\(executed.text)")
        #expect(executed["Idempotency-Stored"] == nil)
        for node in 0..<2 {
          let replay = try await cluster.send(call, to: node)
          #expect(replay.isReplay && replay.body == executed.body && replay.keptFields == executed.keptFields)
        }
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1"])
      }
    }

    @Test("X2 the lease of an operation that has ended is not renewed any more")
    func ended() async throws {
      try await withFaults(.init(lease: .milliseconds(300))) { cluster, redis, proxy in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let key = freshKey()
        let first = cluster.begin(Call(key: key), to: 0)
        await gate.reached()
        let begin = try await redis.record(of: key)
        try await holds("one renewal") { try await redis.record(of: key).leaseDeadline > begin.leaseDeadline }
        gate.open()
        _ = try await first.value
        let completed = try await redis.record(of: key)
        let watch = await proxy.countCommands(with: [key])
        try await holds("two more leases pass") { try await redis.milliseconds() > completed.leaseDeadline + 600 }
        #expect(watch.seen == 0, "commands about a key that is settled")
        #expect(try await redis.record(of: key).bytes == completed.bytes)
      }
    }
  }
}

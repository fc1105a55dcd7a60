import Foundation
import HiredisNIO
import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

/// Why a Redis refuses to write, and how to make it do so.
enum Refusal: String, CaseIterable, Sendable {
  case full = "OOM"
  case readOnly = "READONLY"
  case misconfigured = "MISCONF"
  case noReplicas = "NOREPLICAS"

  /// Running operations finish all the same.
  var letsRunningFinish: Bool { self == .full }

  func begin(_ redis: RedisServer) async throws {
    switch self {
    case .full: try await redis.command("CONFIG", "SET", "maxmemory", "1")
    // Nothing listens on port 1.
    case .readOnly: try await redis.command("REPLICAOF", "127.0.0.1", "1")
    case .noReplicas: try await redis.command("CONFIG", "SET", "min-replicas-to-write", "1")
    case .misconfigured:
      // The finished dump cannot take the place of a directory.
      try FileManager.default.createDirectory(
        atPath: "\(redis.directory)/dump.rdb/taken", withIntermediateDirectories: true)
      try await redis.command("CONFIG", "SET", "save", "3600 1000000")
      try await redis.command("BGSAVE")
      try await holds("a background save fails") { try await redis.info("rdb_last_bgsave_status") == "err" }
    }
    // It does refuse, or the test proves nothing.
    await #expect(throws: RedisError.self) { try await redis.command("SET", "probe", "1") }
    do {
      try await redis.command("SET", "probe", "1")
    } catch {
      #expect(error.serverError?.code == rawValue)
    }
  }

  func end(_ redis: RedisServer) async throws {
    switch self {
    case .full: try await redis.command("CONFIG", "SET", "maxmemory", "0")
    case .readOnly: try await redis.command("REPLICAOF", "NO", "ONE")
    case .noReplicas: try await redis.command("CONFIG", "SET", "min-replicas-to-write", "0")
    case .misconfigured:
      try FileManager.default.removeItem(atPath: "\(redis.directory)/dump.rdb")
      try await redis.command("BGSAVE")
      try await holds("a background save succeeds") { try await redis.info("rdb_last_bgsave_status") == "ok" }
    }
  }
}

extension X {
  /// X12: Redis is there and takes no writes.
  @Suite("X12", .serialized)
  struct X12RefusingRedisTests {
    @Test(
      "X12 no first attempt, 503; completed keys replay, mismatch is 422, running operations finish now or later",
      arguments: Refusal.allCases)
    func refusal(refusal: Refusal) async throws {
      try await withFaults { cluster, redis, _ in
        // One key in every state.
        let (done, free, uncertain, running, new) = (freshKey(), freshKey(), freshKey(), freshKey(), freshKey())
        let first = try await cluster.send(Call(key: done), to: 0)
        #expect(first.label == "executed")
        cluster.origin.answers(with: ScriptedAnswer(429, "slow down"))
        #expect(try await cluster.send(Call(key: free), to: 0).label == "released")
        cluster.origin.answers(with: ScriptedAnswer(502, "bad gateway"))
        #expect(try await cluster.send(Call(key: uncertain), to: 0).label == "uncertain")
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let operation = cluster.begin(Call(key: running), to: 0)
        await gate.reached()
        cluster.origin.answers(Origin.payment)
        let before = cluster.origin.calls.count

        try await refusal.begin(redis)
        for node in 0..<2 {
          try expect(try await cluster.send(Call(key: new), to: node), is: "store-unavailable")
          try expect(try await cluster.send(Call(key: free), to: node), is: "store-unavailable")
          let replay = try await cluster.send(Call(key: done), to: node)
          #expect(replay.isReplay && replay.body == first.body, "\(replay.status) \(replay.text)")
          try expect(try await cluster.send(Call(key: done, body: "other"), to: node), is: "key-reused")
          try expect(try await cluster.send(Call(key: running, body: "other"), to: node), is: "key-reused")
          try expect(try await cluster.send(Call(key: running), to: node), is: "in-progress")
          try expect(try await cluster.send(Call(key: uncertain), to: node), is: "outcome-uncertain")
        }
        #expect(cluster.origin.calls.count == before)
        #expect(try await redis.recordIfAny(of: new) == nil)

        gate.open()
        let executed = try await operation.value
        #expect(executed.status == 201 && executed.label == "executed", "\(executed.text)")
        #expect(executed["Idempotency-Stored"] == (refusal.letsRunningFinish ? nil : "pending"))
        if refusal.letsRunningFinish {
          let replay = try await cluster.send(Call(key: running), to: 1)
          #expect(replay.isReplay && replay.body == executed.body)
        } else {
          try expect(try await cluster.send(Call(key: running), to: 1), is: "in-progress")
        }

        try await refusal.end(redis)
        let replay = try await cluster.sendUntilDecided(Call(key: running), to: 1)
        #expect(replay.isReplay && replay.body == executed.body, "\(replay.status) \(replay.text)")
        for key in [new, free] {
          let reply = try await cluster.sendUntilAvailable(Call(key: key), to: 1)
          #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        }
        #expect(cluster.origin.calls(key: free).map(\.attempt) == ["1", "2"])
        for key in [done, uncertain, running, new] { #expect(cluster.origin.calls(key: key).count == 1) }
      }
    }

    @Test(
      "X12 OOM: running operations renew past their lease, release, and are marked uncertain as if nothing were")
    func fullWhileRunning() async throws {
      try await withFaults(.init(lease: .milliseconds(600))) { cluster, redis, _ in
        let gates = [Gate(), Gate(), Gate()]
        let answers = [
          ScriptedAnswer(201, "done"), ScriptedAnswer(429, "slow down"), ScriptedAnswer(502, "bad gateway"),
        ]
        let keys = (0..<3).map { "\($0)-\(freshKey())" }
        cluster.origin.answers { call in
          let number = Int(call.key?.prefix(1) ?? "") ?? 0
          await gates[number].pass()
          return answers[number]
        }
        let operations = keys.map { cluster.begin(Call(key: $0), to: 0) }
        for gate in gates { await gate.reached() }
        try await Refusal.full.begin(redis)
        // Nor do the scripts have to be known already.
        try await redis.command("SCRIPT", "FLUSH")
        let begin = try await redis.record(of: keys[0])
        try await holds("two leases pass") {
          try await redis.record(of: keys[0]).leaseDeadline > begin.leaseDeadline + 1_200
        }
        for key in keys { try expect(try await cluster.send(Call(key: key), to: 1), is: "in-progress") }
        for gate in gates { gate.open() }
        let replies = try await inParallel(operations) { try await $0.value }
        #expect(replies.map(\.label) == ["executed", "released", "uncertain"])
        #expect(replies.allSatisfy { $0["Idempotency-Stored"] == nil })
        var states: [String] = []
        for key in keys { states.append(try await redis.record(of: key).state) }
        #expect(states == ["C", "F", "U"])
        #expect(cluster.origin.calls.count == 3)
      }
    }

    @Test(
      "X12 a lease that ends while no write is taken: 503, and no second run; its owner may still finish")
    func leaseOver() async throws {
      try await withFaults(.init(lease: .milliseconds(600), unknownOutcome: .executeAgain)) { cluster, redis, proxy in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let key = freshKey()
        let first = cluster.begin(Call(key: key), to: 0)
        await gate.reached()
        await proxy.stall()
        try await redis.leaseIsOver(try await redis.record(of: key))
        try await Refusal.full.begin(redis)
        try expect(try await cluster.send(Call(key: key), to: 1), is: "store-unavailable")
        #expect(cluster.origin.calls(key: key).count == 1)
        await proxy.resume()
        gate.open()
        let executed = try await first.value
        #expect(executed.status == 201 && executed.label == "executed", "nobody took over: \(executed.text)")
        try await Refusal.full.end(redis)
        let replay = try await cluster.send(Call(key: key), to: 1)
        #expect(replay.isReplay && replay.body == executed.body)
      }
    }
  }
}

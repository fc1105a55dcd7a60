import HiredisNIO
import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

/// Something under a key that is no record.
struct Specimen: Sendable, CustomTestStringConvertible {
  let name: String
  /// Lua that puts it under KEYS[1], where a completed record of 85 bytes and more stands before.
  let script: String

  var testDescription: String { name }

  /// Changes one byte of the head, counted from 0.
  private static func head(_ name: String, byte: Int, _ value: String) -> Specimen {
    Specimen(name: name, script: "redis.call('SETRANGE', KEYS[1], \(byte), '\(value)')")
  }

  static let unreadable: [Specimen] = [
    .init(name: "a list", script: "redis.call('DEL', KEYS[1]) redis.call('RPUSH', KEYS[1], 'a', 'b')"),
    .init(name: "a hash", script: "redis.call('DEL', KEYS[1]) redis.call('HSET', KEYS[1], 'a', 'b')"),
    .init(name: "a sorted set", script: "redis.call('DEL', KEYS[1]) redis.call('ZADD', KEYS[1], 1, 'b')"),
    .init(name: "an empty string", script: "redis.call('SET', KEYS[1], '')"),
    .init(name: "one byte", script: "redis.call('SET', KEYS[1], 'C')"),
    .init(name: "84 bytes", script: "redis.call('SET', KEYS[1], redis.call('GETRANGE', KEYS[1], 0, 83))"),
    .init(name: "words", script: "redis.call('SET', KEYS[1], string.rep('somebody else was here ', 20))"),
    .init(name: "bytes", script: "redis.call('SET', KEYS[1], string.rep(string.char(0, 255, 13, 10, 128), 60))"),
    .init(name: "a number", script: "redis.call('SET', KEYS[1], '1')"),
    head("an unknown state", byte: 0, "Z"), head("a state in lower case", byte: 0, "c"),
    head("a token that is no hex", byte: 1, "g"), head("a token in upper case", byte: 32, "A"),
    head("a fingerprint that is no hex", byte: 64, "-"), head("a deadline that is no number", byte: 65, "x"),
    head("a deadline with a sign", byte: 65, "-"), head("an attempt that is no number", byte: 81, " "),
    head("no version", byte: 82, " "), head("an unknown choice", byte: 83, "q"), head("no form", byte: 84, "\\0"),
  ]

  static let damaged: [Specimen] = [
    .init(name: "a head alone", script: "redis.call('SET', KEYS[1], redis.call('GETRANGE', KEYS[1], 0, 84))"),
    .init(name: "half a record", script: "redis.call('SET', KEYS[1], redis.call('GETRANGE', KEYS[1], 0, 110))"),
    .init(name: "a body too short", script: "redis.call('SET', KEYS[1], redis.call('GETRANGE', KEYS[1], 0, -2))"),
    .init(name: "a body too long", script: "redis.call('APPEND', KEYS[1], 'x')"),
    .init(name: "no JSON", script: "redis.call('SETRANGE', KEYS[1], 85, '!!!!')"),
  ]
}

extension X {
  /// X14: what stands under a key is no record, a damaged one, or one of a newer version.
  @Suite("X14", .serialized)
  struct X14StrangeRecordTests {
    @Test(
      "X14 no valid head: 500 record-unreadable, never executed, untouched",
      arguments: Specimen.unreadable)
    func unreadable(specimen: Specimen) async throws {
      try await withFaults { cluster, redis, _ in
        let (key, name) = try await planted(specimen, cluster, redis)
        let before = try await redis.command("DUMP", name).bytes
        for node in 0..<2 {
          for body in [#"{"amount":"100.00"}"#, "other"] {
            try expect(try await cluster.send(Call(key: key, body: body), to: node), is: "record-unreadable")
          }
        }
        #expect(try await redis.command("DUMP", name).bytes == before)
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    @Test(
      "X14 a valid head and a damaged rest: 500, never executed, untouched; mismatch is still seen",
      arguments: Specimen.damaged)
    func damaged(specimen: Specimen) async throws {
      try await withFaults { cluster, redis, _ in
        let (key, name) = try await planted(specimen, cluster, redis)
        let before = try await redis.command("DUMP", name).bytes
        for node in 0..<2 {
          try expect(try await cluster.send(Call(key: key), to: node), is: "record-unreadable")
          try expect(try await cluster.send(Call(key: key, body: "other"), to: node), is: "key-reused")
        }
        #expect(try await redis.command("DUMP", name).bytes == before)
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    /// Executes once and puts the specimen in the record's place.
    private func planted(_ specimen: Specimen, _ cluster: Cluster, _ redis: RedisServer) async throws -> (
      String, String
    ) {
      let key = freshKey()
      #expect(try await cluster.send(Call(key: key), to: 0).label == "executed")
      let name = try await redis.record(of: key).key
      try await redis.command("EVAL", specimen.script, "1", name)
      return (key, name)
    }

    @Test(
      "X14 the record turns into something else while its owner runs: the caller is told, and nothing is overwritten")
    func underAnOwner() async throws {
      try await withFaults { cluster, redis, _ in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let key = freshKey()
        let first = cluster.begin(Call(key: key), to: 0)
        await gate.reached()
        let name = try await redis.record(of: key).key
        try await redis.command("DEL", name)
        try await redis.command("RPUSH", name, "a")
        gate.open()
        let reply = try await first.value
        #expect(reply.problem == "record-unreadable" || reply.status == 201, "\(reply.text)")
        #expect(try await redis.command("LRANGE", name, "0", "-1").array?.count == 1)
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    // MARK: A newer version: bytes 0 to 84 are frozen, and all else may have changed.

    /// Makes a record one of version 2 whose rest nobody here can read.
    private func renew(_ redis: RedisServer, _ key: String) async throws -> RedisRecord {
      let name = try await redis.record(of: key).key
      try await redis.command(
        "EVAL",
        """
        local head = redis.call('GETRANGE', KEYS[1], 0, 81)
        redis.call('SET', KEYS[1], head .. '2' .. redis.call('GETRANGE', KEYS[1], 83, 83) .. 'z?!\\255\\0', 'KEEPTTL')
        """, "1", name)
      return try await redis.record(of: key)
    }

    @Test("X14 newer, R with a living lease: 409; its owner completes all the same")
    func newerReserved() async throws {
      try await withFaults { cluster, redis, _ in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let key = freshKey()
        let first = cluster.begin(Call(key: key), to: 0)
        await gate.reached()
        let newer = try await renew(redis, key)
        try expect(try await cluster.send(Call(key: key), to: 1), is: "in-progress")
        try expect(try await cluster.send(Call(key: key, body: "other"), to: 1), is: "key-reused")
        #expect(try await redis.record(of: key).bytes == newer.bytes)
        gate.open()
        let executed = try await first.value
        #expect(executed.status == 201 && executed.label == "executed", "\(executed.text)")
        let replay = try await cluster.send(Call(key: key), to: 1)
        #expect(replay.isReplay && replay.body == executed.body)
      }
    }

    @Test(
      "X14 newer, R with its lease over: byte 83 of the record decides",
      arguments: [UnknownOutcome.hold, .store, .executeAgain])
    func newerOver(choice: UnknownOutcome) async throws {
      try await withFaults(.init(lease: .milliseconds(500), unknownOutcome: choice)) { cluster, redis, proxy in
        let gate = Gate()
        cluster.origin.answers { call in
          if call.attempt == "1" { await gate.pass() }
          return try await Origin.payment(call)
        }
        let key = freshKey()
        let first = cluster.begin(Call(key: key), to: 0)
        await gate.reached()
        await proxy.stall()
        let newer = try await renew(redis, key)
        let decided = try await cluster.sendUntilDecided(Call(key: key), to: 1)
        #expect(try await redis.milliseconds() >= newer.leaseDeadline)
        switch choice {
        case .hold:
          try expect(decided, is: "outcome-uncertain")
          #expect(try await redis.record(of: key).bytes == Array("U".utf8) + newer.bytes.dropFirst())
        case .store:
          try expect(decided, is: "outcome-lost")
          #expect(decided.isReplay)
        case .executeAgain:
          #expect(decided.status == 201 && decided.label == "executed", "\(decided.text)")
        }
        #expect(cluster.origin.calls(key: key).count == (choice == .executeAgain ? 2 : 1))
        await proxy.resume()
        gate.open()
        _ = try await first.value
      }
    }

    @Test("X14 newer, F: may be reclaimed, as the next attempt")
    func newerFree() async throws {
      try await withFaults { cluster, redis, _ in
        let key = freshKey()
        cluster.origin.answers(inTurn: [ScriptedAnswer(429, "slow down"), ScriptedAnswer(201, "done")])
        #expect(try await cluster.send(Call(key: key), to: 0).label == "released")
        _ = try await renew(redis, key)
        let reply = try await cluster.send(Call(key: key), to: 1)
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1", "2"])
      }
    }

    @Test(
      "X14 newer, C and T: 503 record-too-new, never executed, untouched; mismatch is still seen",
      arguments: ["C", "T"])
    func newerCompleted(state: String) async throws {
      try await withFaults { cluster, redis, _ in
        let key = freshKey()
        if state == "T" {
          cluster.origin.answers(with: ScriptedAnswer(201, fields: [Field("Idempotency-Result", "stream")], "streamed"))
        }
        #expect(try await cluster.send(Call(key: key), to: 0).label == "executed")
        let newer = try await renew(redis, key)
        #expect(newer.state == state)
        for node in 0..<2 {
          try expect(try await cluster.send(Call(key: key), to: node), is: "record-too-new")
          try expect(try await cluster.send(Call(key: key, body: "other"), to: node), is: "key-reused")
        }
        #expect(try await redis.record(of: key).bytes == newer.bytes)
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    @Test("X14 newer, U: outcome-uncertain, untouched")
    func newerUncertain() async throws {
      try await withFaults { cluster, redis, _ in
        let key = freshKey()
        cluster.origin.answers(with: ScriptedAnswer(502, "bad gateway"))
        #expect(try await cluster.send(Call(key: key), to: 0).label == "uncertain")
        let newer = try await renew(redis, key)
        for node in 0..<2 { try expect(try await cluster.send(Call(key: key), to: node), is: "outcome-uncertain") }
        #expect(try await redis.record(of: key).bytes == newer.bytes)
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }
  }
}

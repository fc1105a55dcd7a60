import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import Testing

@Suite struct RoundTripTests {
  /// How often each command ran, inside scripts too.
  func calls(_ server: RedisServer) async throws -> [String: Int] {
    let info = try await server.command("INFO", "commandstats").string ?? ""
    return info.matches(of: /cmdstat_([a-z|]+):calls=(\d+)/).reduce(into: [:]) { $0[String($1.1)] = Int($1.2)! }
  }

  @Test("A first execution is two round trips, a replay one, and a replay writes nothing")
  func roundTrips() async throws {
    try await RedisFixture.with { fixture in
      let warm = Specimen.key()
      let first = try await fixture.store.hold(warm)
      _ = try await fixture.store.perform(Specimen.complete(first.head.token), for: warm)

      try await fixture.server.command("CONFIG", "RESETSTAT")
      let key = Specimen.key()
      let record = try await fixture.store.hold(key)
      _ = try await fixture.store.perform(Specimen.complete(record.head.token), for: key)
      var calls = try await calls(fixture.server)
      calls["config|resetstat"] = nil
      // SET is the reservation's and the script's own.
      #expect(calls == ["set": 2, "evalsha": 1, "type": 1, "getrange": 1, "spublish": 1])

      try await fixture.server.command("CONFIG", "RESETSTAT")
      let changes = try await changes(fixture.server)
      _ = try await fixture.store.perform(Specimen.reserve(Specimen.record()), for: key)
      #expect(
        try await self.calls(fixture.server).filter { ["set", "get", "evalsha", "eval"].contains($0.key) } == ["set": 1]
      )
      #expect(try await self.changes(fixture.server) == changes)
    }
  }

  func changes(_ server: RedisServer) async throws -> Substring? {
    try await server.command("INFO", "persistence").string?.firstMatch(of: /rdb_changes_since_last_save:(\d+)/)?.1
  }

  @Test("SCRIPT FLUSH goes unnoticed (X8)")
  func scriptFlush() async throws {
    try await RedisFixture.with { fixture in
      for _ in 0..<2 {
        for operation in Specimen.operations {
          try await fixture.server.command("SCRIPT", "FLUSH")
          #expect(await fixture.store.failure(operation, for: Specimen.key()) == nil)
        }
      }
    }
  }

  @Test("Completion, release and uncertainty are published on the key's shard channel")
  func published() async throws {
    try await RedisFixture.with { fixture in
      for (number, operation) in settling.enumerated() {
        let key = Specimen.key()
        let record = try await fixture.store.hold(key)
        _ = try await fixture.store.perform(operation(record.head.token), for: key)
        #expect(try await calls(fixture.server)["spublish"] == number + 1)
      }
    }
  }

  @Test("The rights that the documentation names are enough, and without the channels everything still applies")
  func rights() async throws {
    let rights = "+info +time +ping +get +set +type +getrange +setrange +pexpire +eval +evalsha +spublish"
    let users = [
      "without on >secret ~idem:* resetchannels \(rights)", "with on >secret ~idem:* resetchannels &idem:* \(rights)",
    ]
    try await RedisFixture.with(.with { $0.users = users }) { fixture in
      for user in ["without", "with"] {
        var redis = fixture.server.configuration
        (redis.username, redis.password) = (user, "secret")
        let limited = RedisFixture.makeStore(redis)
        try await limited.waitUntilReady()
        for operation in Specimen.operations {
          #expect(await limited.failure(operation, for: Specimen.key()) == nil)
        }
        for operation in settling {
          let key = Specimen.key()
          let record = try await limited.hold(key)
          #expect(try await limited.perform(operation(record.head.token), for: key) == .outcome(.applied))
        }
        await limited.shutdown()
      }
    }
  }

  /// What waiters must hear of.
  let settling: [@Sendable (OwnerToken) -> StoreOperation] = [
    { Specimen.complete($0) }, { Specimen.release($0) }, { Specimen.mark($0) },
  ]
}

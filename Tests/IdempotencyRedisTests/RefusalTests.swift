import Foundation
import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import Testing

/// X12: what Redis refuses is never a first attempt, and what was done still replays.
@Suite struct RefusalTests {
  /// A completed key and a running one.
  func prepare(_ fixture: RedisFixture) async throws -> (done: RecordKey, running: RecordKey, record: Record) {
    let (done, running) = (Specimen.key(), Specimen.key())
    let first = try await fixture.store.hold(done)
    #expect(try await fixture.store.perform(Specimen.complete(first.head.token), for: done) == .outcome(.applied))
    return (done, running, try await fixture.store.hold(running))
  }

  func expectReplay(_ fixture: RedisFixture, _ key: RecordKey) async throws {
    guard case .record(let stored) = try await fixture.store.perform(.read, for: key) else {
      throw ServerStateError(message: "no record under \(key)")
    }
    #expect(stored.head.state == .completed)
  }

  @Test("Full (OOM): nothing new begins, replays go on, running operations renew and finish (X12)")
  func full() async throws {
    try await RedisFixture.with { fixture in
      let (done, running, record) = try await prepare(fixture)
      let token = record.head.token
      let (marked, freed) = (Specimen.key(), Specimen.key())
      let (second, third) = (try await fixture.store.hold(marked), try await fixture.store.hold(freed))
      try await fixture.server.command("CONFIG", "SET", "maxmemory", "1")
      for operation in [Specimen.reserve(Specimen.record()), Specimen.reclaim(record)] {
        let failure = await fixture.store.failure(operation, for: Specimen.key())
        #expect(failure?.kind == .refused(.full))
        #expect(failure?.message.contains("raise `maxmemory`") == true)
      }
      // Even on a key that is there (truth 2).
      #expect(await fixture.store.failure(Specimen.reserve(Specimen.record()), for: done)?.kind == .refused(.full))
      try await expectReplay(fixture, done)
      #expect(try await fixture.store.perform(Specimen.renew(record), for: running) == .outcome(.applied))
      #expect(try await fixture.store.perform(Specimen.complete(token), for: running) == .outcome(.applied))
      #expect(try await fixture.store.perform(Specimen.mark(second.head.token), for: marked) == .outcome(.applied))
      #expect(try await fixture.store.perform(Specimen.resolve(second.head.token), for: marked) == .outcome(.applied))
      #expect(try await fixture.store.perform(Specimen.release(third.head.token), for: freed) == .outcome(.applied))
    }
  }

  /// Every write is refused with `refusal`, and a completed key still replays.
  func expectRefused(_ fixture: RedisFixture, _ refusal: StoreFailure.Refusal, while change: () async throws -> Void)
    async throws
  {
    let (done, _, _) = try await prepare(fixture)
    try await change()
    for operation in Specimen.operations where operation.kind != .read {
      let failure = await fixture.store.failure(operation, for: Specimen.key())
      #expect(failure?.kind == .refused(refusal), "\(operation.kind): \(failure?.message ?? "no failure")")
    }
    try await expectReplay(fixture, done)
  }

  @Test("A replica (READONLY) takes no writes, replays go on (X12)")
  func readOnly() async throws {
    try await RedisFixture.with { fixture in
      try await expectRefused(fixture, .readOnly) {
        try await fixture.server.command("REPLICAOF", "127.0.0.1", "1")
      }
    }
  }

  @Test("A Redis that cannot save (MISCONF) takes no writes, replays go on (X12)")
  func misconfigured() async throws {
    try await RedisFixture.with(.with { $0.extraArguments = ["--save", "3600 1"] }) { fixture in
      try await expectRefused(fixture, .misconfigured) {
        try FileManager.default.removeItem(atPath: fixture.server.directory)
        try await fixture.server.command("BGSAVE")
        try await fixture.server.until("rdb_last_bgsave_status:err")
      }
      // Or it would not end before it has saved.
      try await fixture.server.command("CONFIG", "SET", "save", "")
    }
  }

  @Test("Too few replicas (NOREPLICAS): no writes, replays go on (X12)")
  func noReplicas() async throws {
    try await RedisFixture.with { fixture in
      try await expectRefused(fixture, .noReplicas) {
        try await fixture.server.command("CONFIG", "SET", "min-replicas-to-write", "1")
      }
    }
  }
}

struct ServerStateError: Error {
  let message: String
}

extension RedisServer {
  /// Returns when INFO says `text`; gives up after ten seconds.
  func until(_ text: String) async throws {
    for _ in 0..<1000 {
      if try await command("INFO", "everything").string?.contains(text) == true { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw ServerStateError(message: "INFO never said \(text)")
  }
}

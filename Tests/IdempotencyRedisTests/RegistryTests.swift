import Idempotency
import NIOCore
import Testing

@testable import IdempotencyRedis

@Suite struct RegistryTests {
  let registry = ReservationRegistry()
  let key = Specimen.key()
  let start = BootInstant(nanoseconds: 1)
  let time: Int64 = 1_000_000_000_000

  func states(at now: BootInstant? = nil) -> [RecordState] {
    registry.keepsakes(at: now ?? start, time: time).map(\.record.head.state)
  }

  func note(_ operation: StoreOperation, _ reply: StoreReply) { registry.note(operation, reply, for: key, at: start) }

  @Test("A granted reservation is kept while its lease lives, until it is lost, or its release in its place")
  func live() {
    let mine = Specimen.record()
    note(Specimen.reserve(mine), .granted)
    #expect(states() == [.reserved])
    #expect(registry.keepsakes(at: start, time: mine.head.leaseDeadline).isEmpty)
    note(Specimen.renew(mine), .outcome(.lost))
    #expect(states().isEmpty)
    note(Specimen.renew(mine), .outcome(.restored))
    #expect(states() == [.reserved])
    note(Specimen.release(mine.head.token), .outcome(.applied))
    #expect(states() == [.free])
    #expect(states(at: BootInstant(nanoseconds: 5_000_000_002)).isEmpty)
  }

  @Test("Our own record in the reply is our reservation (X6); another's is not")
  func own() {
    let mine = Specimen.record()
    note(Specimen.reserve(mine), .record(StoredRecord(Specimen.record())))
    #expect(states().isEmpty)
    note(Specimen.reserve(mine), .record(StoredRecord(mine)))
    #expect(states() == [.reserved])
  }

  @Test("A takeover is kept with its attempt")
  func reclaimed() throws {
    let reclaim = Specimen.reclaim(Specimen.record(.free))
    note(reclaim, .reclaimed(attempt: 7))
    let keepsake = try #require(registry.keepsakes(at: start, time: time).first)
    #expect(keepsake.record.head.attempt == 7)
  }

  @Test("An acknowledged outcome is kept for five seconds")
  func outcomes() {
    let mine = Specimen.record()
    note(Specimen.reserve(mine), .granted)
    note(Specimen.complete(mine.head.token), .outcome(.applied))
    note(Specimen.mark(.random()), .outcome(.applied))
    #expect(Set(states()) == [.completed, .uncertain])
    #expect(states(at: BootInstant(nanoseconds: 5_000_000_001)).count == 2)
    #expect(states(at: BootInstant(nanoseconds: 5_000_000_002)).isEmpty)
  }

  @Test("It is bounded: reservations by number, outcomes by bytes, the oldest first")
  func bounded() {
    let shard = RegistryShard()
    for _ in 0..<(RegistryShard.maximumLive + 10) { shard.hold(Specimen.record(), ttl: 1, key: key) }
    #expect(shard.keepsakes(at: start, time: time).live.count == RegistryShard.maximumLive)
    shard.sweep(at: start, time: .max)
    #expect(shard.keepsakes(at: start, time: 0).live.isEmpty)
    let body = String(repeating: "x", count: 1024 * 1024)
    for _ in 0..<20 {
      shard.settle(.random(), Keepsake(key: key, record: Specimen.record(.completed, body: body), ttl: 1), at: start)
    }
    // What is held counts, not what is used of it: a buffer has room for a power of two.
    #expect(shard.keepsakes(at: start, time: time).outcomes.count == 4)
  }

  @Test("An outcome comes back as it was, whatever its answer holds")
  func outcome() throws {
    let token = OwnerToken.random()
    var record = Specimen.record(.completed, token, body: "\u{0}\r\n\u{FF}")
    record.metadata.fields = [.init(name: "X", value: "\u{1}\"\\\u{E9}"), .init(name: "x", value: "")]
    let marked = Specimen.record(.uncertain, token)
    note(.complete(token: token, ownDeadline: 7, record: record, ttl: 8), .outcome(.applied))
    note(.markUncertain(token: token, record: marked, ttl: 9), .outcome(.restored))
    var freed = Specimen.record(.free, token)
    freed.head.fingerprint = try #require(Fingerprint(String(repeating: "7", count: 32)))
    for isTainted in [true, false] {
      note(
        .release(token: token, expected: nil, tainted: isTainted, record: freed, ttl: 10, absentTTL: 11),
        .outcome(.already))
    }
    // A release that is not tainted admits any fingerprint, as the script wrote it.
    var anybodys = freed
    anybodys.head.fingerprint = .any
    #expect(
      registry.keepsakes(at: start, time: time) == [
        Keepsake(key: key, record: record, ttl: 8), Keepsake(key: key, record: marked, ttl: 9),
        Keepsake(key: key, record: freed, ttl: 10), Keepsake(key: key, record: anybodys, ttl: 10),
      ])
  }

  @Test("The answer that was stored for a lost executor is kept, also where its reply was lost")
  func settled() {
    let standing = Specimen.record(.reserved, choice: .store)
    let mine = Specimen.record()
    let lost = Specimen.record(.completed, mine.head.token)
    let reclaim = StoreOperation.reclaim(
      expected: standing.head.token, expectedState: .reserved, record: mine, ttl: 5, uncertainTTL: 5, lost: lost)
    for reply in [StoreReply.settled, .record(StoredRecord(lost))] {
      let registry = ReservationRegistry()
      registry.note(reclaim, reply, for: key, at: start)
      #expect(registry.keepsakes(at: start, time: time) == [Keepsake(key: key, record: lost, ttl: 5)])
    }
  }

  @Test("A release behind a reclaim that was never granted does not count the attempt that it asked for")
  func giveUp() {
    for (outcome, attempt) in [(StoreOutcome.applied, 2), (.already, 2), (.restored, 3)] {
      let registry = ReservationRegistry()
      var freed = Specimen.record(.free)
      freed.head.attempt = 3
      let release = StoreOperation.release(
        token: freed.head.token, expected: .random(), tainted: false, record: freed, ttl: 10, absentTTL: 11)
      registry.note(release, .outcome(outcome), for: key, at: start)
      #expect(registry.keepsakes(at: start, time: time).map(\.record.head.attempt) == [attempt])
    }
  }

  @Test("What could not be put back because it is another's is not put back again; else it is kept")
  func putBack() {
    let mine = Specimen.record()
    for (outcome, isKept) in [(StoreOutcome.restored, true), (.applied, true), (.already, true), (.lost, false)] {
      note(Specimen.reserve(mine), .granted)
      note(Specimen.putBack(mine), .outcome(outcome))
      #expect(states().isEmpty != isKept)
    }
  }

  @Test("Thousands of outcomes of any size: all of the last five seconds, in order, none older")
  func many() {
    var log = OutcomeLog()
    let sizes = [0, 10, 3_000, 70_000, 1]
    for index in 0..<1_000 {
      let record = Specimen.record(.completed, body: String(repeating: "x", count: sizes[index % sizes.count]))
      log.append(Keepsake(key: key, record: record, ttl: 1), at: BootInstant(nanoseconds: Int64(index)))
    }
    for start in [0, 1, 500, 999, 1_000] {
      let kept = log.keepsakes(since: BootInstant(nanoseconds: Int64(start)))
      #expect(kept.count == 1_000 - start)
      let bodies = kept.map { keepsake in
        keepsake.record.body.readableBytes
      }
      #expect(bodies == (start..<1_000).map { sizes[$0 % sizes.count] })
    }
    log.forget(before: BootInstant(nanoseconds: 900))
    #expect(log.keepsakes(since: BootInstant(nanoseconds: 900)).count == 100)
    #expect(log.byteCount < 5_000_000)
    log.forget(before: BootInstant(nanoseconds: 1_000))
    #expect(log.byteCount == 0 && log.keepsakes(since: BootInstant(nanoseconds: 0)).isEmpty)
  }
}

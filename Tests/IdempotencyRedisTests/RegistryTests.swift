import Idempotency
import IdempotencyTesting
import NIOCore
import Testing

@testable import IdempotencyRedis

/// X8: what a process remembers so as to put it back.
@Suite struct RegistryTests {
  let registry = ReservationRegistry()
  let key = Specimen.key()
  let start = BootInstant(nanoseconds: 1)
  let time: Int64 = 1_000_000_000_000

  static func after(_ seconds: Double) -> BootInstant { BootInstant(nanoseconds: 1 + Int64(seconds * 1e9)) }

  /// What would be put back if the store had another history now.
  func states(at now: BootInstant? = nil, time: Int64? = nil) -> [RecordState] {
    registry.historyChanged()
    return registry.keepsakes(at: now ?? start, time: time ?? self.time).all.map(\.record.head.state)
  }

  func keepsakes(_ registry: ReservationRegistry, at now: BootInstant) -> [Keepsake] {
    registry.historyChanged()
    return registry.keepsakes(at: now, time: time).all
  }

  func note(_ operation: StoreOperation, _ reply: StoreReply, at now: BootInstant? = nil) {
    registry.note(operation, reply, for: key, at: now ?? start)
  }

  func keepsake(_ record: Record, ttl: Int64) -> Keepsake {
    Keepsake(key: key, record: StoredRecord(record), ttl: ttl)
  }

  @Test("I1, X2: a reservation is kept while its exchange lives, whatever its lease says and whatever it is answered")
  func lapsed() {
    for choice in [UnknownOutcome.hold, .store, .executeAgain] {
      let registry = ReservationRegistry()
      let mine = Specimen.record(choice: choice)
      let over = mine.head.leaseDeadline
      registry.note(Specimen.reserve(mine), .granted, for: key, at: start)
      // Its owner goes on before the store has settled only while its lease lives.
      for (time, goesOn) in [(over - 1, true), (over, false), (nil, false)] as [(Int64?, Bool)] {
        let (all, owners) = registry.keepsakes(at: start, time: time)
        #expect(all.count == 1)
        #expect(owners == (goesOn ? [mine.head.token] : []))
      }
      // Somebody called the key uncertain, or took it; the exchange lives on.
      for reply in [StoreReply.outcome(.lost), .unreadable] {
        registry.note(Specimen.renew(mine), reply, for: key, at: start)
        registry.note(Specimen.putBack(mine), reply, for: key, at: start)
        #expect(registry.keepsakes(at: start, time: 0).all.count == 1)
      }
      registry.sweep(contact: Self.after(4.9), time: over)
      #expect(registry.keepsakes(at: start, time: 0).all.count == 1)
    }
  }

  @Test("X8: a reservation that was put back is as young as that")
  func putBackAnew() {
    let registry = ReservationRegistry()
    let mine = Specimen.record(choice: .executeAgain)
    registry.note(Specimen.reserve(mine), .granted, for: key, at: start)
    registry.note(Specimen.putBack(mine), .outcome(.restored), for: key, at: Self.after(60))
    let over = mine.head.leaseDeadline
    registry.sweep(contact: Self.after(64), time: over)
    #expect(registry.keepsakes(at: start, time: over).all.count == 1)
    registry.sweep(contact: Self.after(66), time: over)
    #expect(registry.keepsakes(at: start, time: over).all.isEmpty)
  }

  @Test("X13, I2: a lease that was over when it was put back does not come alive with a clock that is behind")
  func lapsedOnce() {
    let registry = ReservationRegistry()
    let mine = Specimen.record(choice: .store)
    registry.note(Specimen.reserve(mine), .granted, for: key, at: start)
    #expect(registry.keepsakes(at: start, time: mine.head.leaseDeadline).owners.isEmpty)
    registry.note(Specimen.putBack(mine), .outcome(.restored), for: key, at: start)
    #expect(registry.keepsakes(at: start, time: 0).owners.isEmpty)
    registry.note(Specimen.renew(mine), .outcome(.applied), for: key, at: start)
    #expect(registry.keepsakes(at: start, time: 0).owners == [mine.head.token])
  }

  @Test("An attempt whose end the store did not take is remembered for the window, and put back as it was")
  func lostEnd() {
    for end in [Specimen.complete, { token, _, _ in Specimen.mark(token) }, { token, _, _ in Specimen.release(token) }]
      as [(OwnerToken, String, Int64) -> StoreOperation]
    {
      let registry = ReservationRegistry()
      let mine = Specimen.record()
      registry.note(Specimen.reserve(mine), .granted, for: key, at: start)
      registry.note(end(mine.head.token, "", 1_000), .outcome(.lost), for: key, at: start)
      #expect(registry.figures.reservations == 0)
      #expect(keepsakes(registry, at: start) == [keepsake(mine, ttl: Specimen.ttl)])
      // It has nothing more to say.
      #expect(registry.keepsakes(at: start, time: 0).owners.isEmpty)
      registry.note(Specimen.putBack(mine), .outcome(.lost), for: key, at: Self.after(1))
      #expect(keepsakes(registry, at: Self.after(1)).count == 1)
      registry.note(Specimen.putBack(mine), .outcome(.restored), for: key, at: Self.after(1))
      registry.note(Specimen.complete(.random()), .outcome(.applied), for: key, at: Self.after(6.5))
      #expect(keepsakes(registry, at: Self.after(6.5)).map(\.record.head.state) == [.completed])
    }
  }

  @Test("A reservation without an end is forgotten with its record; under execute-again when it is over and safe")
  func ended() {
    for (choice, seconds) in [(UnknownOutcome.hold, 600), (.executeAgain, 5)] as [(UnknownOutcome, Double)] {
      let registry = ReservationRegistry()
      let mine = Specimen.record(choice: choice)
      registry.note(Specimen.reserve(mine), .granted, for: key, at: start)
      registry.sweep(contact: Self.after(seconds), time: mine.head.leaseDeadline)
      #expect(keepsakes(registry, at: start).count == 1)
      registry.sweep(contact: Self.after(seconds + 0.1), time: mine.head.leaseDeadline - 1)
      #expect(keepsakes(registry, at: start).count == (choice == .hold ? 0 : 1))
      registry.sweep(contact: Self.after(seconds + 0.1), time: mine.head.leaseDeadline)
      #expect(keepsakes(registry, at: start).isEmpty)
    }
  }

  @Test("A granted reservation is kept until its release is in its place")
  func released() {
    let mine = Specimen.record()
    note(Specimen.reserve(mine), .granted)
    #expect(states() == [.reserved])
    note(Specimen.renew(mine), .outcome(.restored))
    #expect(states() == [.reserved])
    note(Specimen.release(mine.head.token), .outcome(.applied))
    #expect(states() == [.free])
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
    let keepsake = try #require(registry.keepsakes(at: start, time: time).all.first)
    #expect(keepsake.record.head.attempt == 7)
  }

  @Test("An outcome is kept for five seconds of contact, and then for as long as there is none: an outage ages nothing")
  func outcomes() {
    let mine = Specimen.record()
    note(Specimen.reserve(mine), .granted)
    note(Specimen.complete(mine.head.token), .outcome(.applied))
    note(Specimen.mark(.random()), .outcome(.applied), at: Self.after(4))
    // An hour later, without a word from the store.
    let long = ReservationRegistry()
    long.note(Specimen.complete(mine.head.token, ttl: 7_200_000), .outcome(.applied), for: key, at: start)
    #expect(keepsakes(long, at: Self.after(3_600)).map(\.ttl) == [3_600_000])
    #expect(Set(states(at: Self.after(20))) == [.completed, .uncertain])

    // With contact at 5 s the first is exactly as old as the window; at 5.1 s it is older.
    for (contact, count) in [(5.0, 2), (5.1, 1)] {
      let registry = ReservationRegistry()
      registry.note(Specimen.complete(.random()), .outcome(.applied), for: key, at: start)
      registry.note(Specimen.complete(.random()), .outcome(.applied), for: key, at: Self.after(contact))
      #expect(keepsakes(registry, at: Self.after(20)).count == count)
    }
    // The store was asked the time, and nothing else, for a minute.
    let quiet = ReservationRegistry()
    quiet.note(Specimen.complete(.random()), .outcome(.applied), for: key, at: start)
    quiet.sweep(contact: Self.after(4.9), time: time)
    #expect(quiet.keepsakesIfChanged(at: start, time: time) == 1)
    quiet.note(Specimen.complete(.random()), .outcome(.applied), for: key, at: start)
    quiet.sweep(contact: Self.after(5.1), time: time)
    #expect(keepsakes(quiet, at: start).isEmpty == false, "what is owed does not age")
  }

  @Test("What was not put back stays owed through every history; what was put back is an outcome of the new one")
  func owed() {
    let records = (0..<3).map { _ in Specimen.record(.completed, .random(), body: "done") }
    for record in records {
      note(
        .complete(token: record.head.token, ownDeadline: 1, record: record, ttl: 60_000), .outcome(.applied))
    }
    #expect(states() == [.completed, .completed, .completed])
    // One is put back, one is another's by now, one has no reply when the store is lost again, ten seconds later.
    note(Specimen.putBack(records[0]), .outcome(.restored), at: Self.after(10))
    note(Specimen.putBack(records[1]), .outcome(.lost), at: Self.after(10))
    let again = keepsakes(registry, at: Self.after(20))
    #expect(Set(again.map(\.record)) == Set([records[0], records[2]].map { StoredRecord($0) }))
    // The rest of the TTL counts from the first acknowledgement, however often it is put back.
    #expect(again.map(\.ttl) == [40_000, 40_000])
    // With contact for longer than the window what was put back is safe.
    note(Specimen.putBack(records[0]), .outcome(.already), at: Self.after(20))
    note(Specimen.putBack(records[2]), .outcome(.already), at: Self.after(20))
    note(Specimen.complete(.random()), .outcome(.applied), at: Self.after(26))
    #expect(keepsakes(registry, at: Self.after(26)).count == 1)
  }

  @Test("An outcome whose retention is over is not put back")
  func retention() {
    note(Specimen.complete(.random()), .outcome(.applied))
    #expect(states(at: Self.after(599.9)) == [.completed])
    #expect(states(at: Self.after(600)).isEmpty)
  }

  @Test("It is bounded: reservations by number, outcomes by bytes, the oldest first; what does not fit is counted")
  func bounded() {
    let log = LogLines()
    let limits = PutBackLimits(bytes: 8 * 256 * 1024, reservations: 8 * 100)
    let registry = ReservationRegistry(limits: limits, logger: log.logger)
    for _ in 0..<2_000 { registry.note(Specimen.reserve(Specimen.record()), .granted, for: key, at: start) }
    #expect(registry.figures.reservations == 800)
    #expect(registry.figures.droppedReservations == 1_200)
    let body = String(repeating: "x", count: 32 * 1024)
    for _ in 0..<160 {
      registry.note(Specimen.complete(.random(), body: body), .outcome(.applied), for: key, at: start)
    }
    // An answer that does not fit is kept as done: no operation runs twice for want of room for its answer.
    var figures = registry.figures
    #expect(figures.bytes <= 2 * 1024 * 1024 && figures.droppedOutcomes == 0)
    registry.historyChanged()
    var outcomes = registry.keepsakes(at: start, time: time).all.map(\.record.head.state)
    #expect(outcomes.count { $0 == .completed } >= 16)
    #expect(outcomes.count { $0 == .completed || $0 == .notRetained } == 160)
    for _ in 0..<20_000 {
      registry.note(Specimen.mark(.random()), .outcome(.applied), for: key, at: start)
    }
    figures = registry.figures
    #expect(figures.droppedOutcomes > 0)
    registry.historyChanged()
    outcomes = registry.keepsakes(at: start, time: time).all.map(\.record.head.state)
    #expect(outcomes.count { $0 != .reserved } < 20_160 - figures.droppedOutcomes + 1)
    // Once for each kind, however much there is.
    #expect(log.lines.count == 2)
  }

  @Test("An outcome comes back as it was, byte for byte, whatever its answer holds")
  func outcome() throws {
    let token = OwnerToken.random()
    var record = Specimen.record(.completed, token, body: "\u{0}\r\n\u{FF}")
    record.metadata.fields = [.init(name: "X", value: "\t\"\\\u{E9}"), .init(name: "x", value: "")]
    note(.complete(token: token, ownDeadline: 7, record: record, ttl: 8), .outcome(.applied))
    let marked = Specimen.record(.uncertain, .random())
    note(.markUncertain(token: marked.head.token, record: marked, ttl: 9), .outcome(.restored))
    var freed = Specimen.record(.free, .random())
    freed.head.fingerprint = try #require(Fingerprint(String(repeating: "7", count: 32)))
    // A release that is not tainted admits any fingerprint, as the script wrote it.
    var anybodys = Specimen.record(.free, .random())
    anybodys.head.fingerprint = freed.head.fingerprint
    for (record, isTainted) in [(freed, true), (anybodys, false)] {
      note(
        .release(
          token: record.head.token, expected: nil, tainted: isTainted, record: record, ttl: 10, shortTTL: 11),
        .outcome(.already))
    }
    anybodys.head.fingerprint = .any
    #expect(
      Set(keepsakes(registry, at: start)) == [
        keepsake(record, ttl: 8), keepsake(marked, ttl: 9), keepsake(freed, ttl: 10), keepsake(anybodys, ttl: 10),
      ])
  }

  @Test("X8, F8: a record that cannot be replayed, or a name that cannot be parsed, hides nothing behind it")
  func unreadable() {
    let strange = RecordKey(written: "good:-:arn:aws:iam")
    var bad = Specimen.record(.completed, .random())
    bad.metadata.status = 99
    for index in 0..<100 {
      let record = index.isMultiple(of: 2) ? bad : Specimen.record(.completed)
      var copy = record
      copy.head.token = .random()
      registry.note(
        .complete(token: copy.head.token, ownDeadline: 1, record: copy, ttl: 60_000), .outcome(.applied),
        for: index.isMultiple(of: 3) ? strange : key, at: start)
    }
    let all = keepsakes(registry, at: start)
    #expect(all.count == 100)
    #expect(all.count { $0.key == strange } == 34)
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
      #expect(keepsakes(registry, at: start) == [keepsake(lost, ttl: 5)])
    }
  }

  @Test("X1, X8: a key that a reclaim has called uncertain stays so, though its owner is dead")
  func calledUncertain() throws {
    let standing = Specimen.record(.reserved)
    var mine = Specimen.record()
    mine.head.attempt = 5
    let reclaim = StoreOperation.reclaim(
      expected: standing.head.token, expectedState: .reserved, record: mine, ttl: 5, uncertainTTL: 7, lost: nil)
    note(reclaim, .nowUncertain)
    let kept = try #require(keepsakes(registry, at: start).first)
    #expect(kept.record.head.state == .uncertain && kept.record.head.token == standing.head.token)
    #expect(kept.record.head.attempt == 4 && kept.ttl == 7)
  }

  @Test("A release behind a reclaim that was never granted does not count the attempt that it asked for")
  func giveUp() {
    for (outcome, attempt) in [(StoreOutcome.applied, 2), (.already, 2), (.restored, 3)] {
      let registry = ReservationRegistry()
      var freed = Specimen.record(.free)
      freed.head.attempt = 3
      let release = StoreOperation.release(
        token: freed.head.token, expected: .random(), tainted: false, record: freed, ttl: 10, shortTTL: 11)
      registry.note(release, .outcome(outcome), for: key, at: start)
      #expect(keepsakes(registry, at: start).map(\.record.head.attempt) == [attempt])
    }
  }

  @Test("Thousands of outcomes of any size: all of the last five seconds, in order, none older")
  func many() {
    var log = OutcomeLog()
    let sizes = [0, 10, 3_000, 70_000, 1]
    for index in 0..<1_000 {
      let record = Specimen.record(.completed, body: String(repeating: "x", count: sizes[index % sizes.count]))
      log.append(record, of: key, ttl: 1, at: BootInstant(nanoseconds: Int64(index)))
    }
    for start in [0, 1, 500, 999, 1_000] {
      let kept = log.entries(since: BootInstant(nanoseconds: Int64(start)))
      #expect(kept.count == 1_000 - start)
      let bodies = kept.map { entry in (try? entry.keepsake.record.decode().body.readableBytes) ?? -1 }
      #expect(bodies == (start..<1_000).map { sizes[$0 % sizes.count] })
    }
    log.forget(before: BootInstant(nanoseconds: 900))
    #expect(log.entries(since: BootInstant(nanoseconds: 900)).count == 100)
    #expect(log.byteCount < 5_000_000)
    log.forget(before: BootInstant(nanoseconds: 1_000))
    #expect(log.byteCount == 0 && log.entries(since: BootInstant(nanoseconds: 0)).isEmpty)
  }
}

extension ReservationRegistry {
  fileprivate func keepsakesIfChanged(at now: BootInstant, time: Int64) -> Int {
    historyChanged()
    return keepsakes(at: now, time: time).all.count
  }
}

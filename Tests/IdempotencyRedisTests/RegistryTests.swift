import Idempotency
import NIOCore
import Testing

@testable import IdempotencyRedis

@Suite struct RegistryTests {
  let registry = ReservationRegistry()
  let key = Specimen.key()
  let start = BootInstant(nanoseconds: 1)
  let time: Int64 = 1_000_000_000_000

  func kinds(at now: BootInstant? = nil) -> [StoreOperation.Kind] {
    registry.keepsakes(at: now ?? start, time: time).map(\.operation.kind)
  }

  func note(_ operation: StoreOperation, _ reply: StoreReply) { registry.note(operation, reply, for: key, at: start) }

  @Test("A granted reservation is kept while its lease lives, and until it is released or lost")
  func live() {
    let mine = Specimen.record()
    note(Specimen.reserve(mine), .granted)
    #expect(kinds() == [.renew])
    #expect(registry.keepsakes(at: start, time: mine.head.leaseDeadline).isEmpty)
    note(Specimen.release(mine.head.token), .outcome(.applied))
    #expect(kinds().isEmpty)
    note(Specimen.renew(mine), .outcome(.restored))
    #expect(kinds() == [.renew])
    note(Specimen.renew(mine), .outcome(.lost))
    #expect(kinds().isEmpty)
  }

  @Test("Our own record in the reply is our reservation (X6); another's is not")
  func own() {
    let mine = Specimen.record()
    note(Specimen.reserve(mine), .record(StoredRecord(Specimen.record())))
    #expect(kinds().isEmpty)
    note(Specimen.reserve(mine), .record(StoredRecord(mine)))
    #expect(kinds() == [.renew])
  }

  @Test("A takeover is kept with its attempt")
  func reclaimed() throws {
    let reclaim = Specimen.reclaim(Specimen.record(.free))
    note(reclaim, .reclaimed(attempt: 7))
    let keepsake = try #require(registry.keepsakes(at: start, time: time).first)
    guard case .renew(_, _, let record, _) = keepsake.operation else { throw CancellationError() }
    #expect(record.head.attempt == 7)
  }

  @Test("An acknowledged outcome is kept for five seconds")
  func outcomes() {
    let mine = Specimen.record()
    note(Specimen.reserve(mine), .granted)
    note(Specimen.complete(mine.head.token), .outcome(.applied))
    note(Specimen.mark(.random()), .outcome(.applied))
    #expect(Set(kinds()) == [.complete, .markUncertain])
    #expect(kinds(at: BootInstant(nanoseconds: 5_000_000_001)).count == 2)
    #expect(kinds(at: BootInstant(nanoseconds: 5_000_000_002)).isEmpty)
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
      let complete = Specimen.complete(.random(), body: body)
      shard.settle(.random(), Keepsake(key: key, operation: complete), at: start)
    }
    #expect(shard.keepsakes(at: start, time: time).outcomes.count == 7)
  }
}

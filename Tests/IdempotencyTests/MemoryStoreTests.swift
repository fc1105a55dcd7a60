import Idempotency
import IdempotencyTesting
import NIOCore
import Testing

@Suite struct MemoryStoreTests {
  let clock = ManualStoreClock()

  func record(_ bytes: Int = 0) -> Record {
    let head = RecordHead(
      state: .reserved, token: .random(), fingerprint: .any, leaseDeadline: 0, attempt: 1, unknownOutcome: .hold)
    return Record(
      head: head, metadata: RecordMetadata(worker: String(repeating: "w", count: bytes), created: 0))
  }

  func key(_ number: Int) -> RecordKey { RecordKey(unchecked: "memory", scope: "-", clientKey: "\(number)") }

  @Test("Full, it refuses new reservations while running operations finish (X12)")
  func full() throws {
    let store = MemoryStore(maximumByteCount: 1000, clock: clock)
    let first = record(1000)
    #expect(try store.apply(.reserve(record: first, ttl: 1000), to: key(1)) == .granted)
    let refused = #expect(throws: StoreFailure.self) {
      try store.apply(.reserve(record: record(), ttl: 1000), to: key(2))
    }
    #expect(refused?.kind == .refused(.full))
    let renew = StoreOperation.renew(token: first.head.token, deadline: 1, record: first, ttl: 2000)
    #expect(try store.apply(renew, to: key(1)) == .outcome(.applied))
    #expect(try store.apply(.read, to: key(2)) == .absent)
  }

  @Test("What has ended is swept, so memory does not grow with the keys that ever were")
  func sweep() throws {
    let store = MemoryStore(clock: clock)
    for number in 0..<1000 {
      _ = try store.apply(.reserve(record: record(), ttl: 10), to: key(number))
      clock.advance(by: 1)
    }
    #expect(store.byteCount < 20 * 400)
    clock.advance(by: 1000)
    for number in 0..<10 { _ = try store.apply(.read, to: key(number)) }
    #expect(store.byteCount == 0)
  }

  @Test("An entry that was extended survives the end it had first")
  func extended() throws {
    let store = MemoryStore(clock: clock)
    let mine = record()
    _ = try store.apply(.reserve(record: mine, ttl: 10), to: key(1))
    _ = try store.apply(.renew(token: mine.head.token, deadline: 1, record: mine, ttl: 100), to: key(1))
    clock.advance(by: 50)
    _ = try store.apply(.read, to: key(2))
    #expect(try store.apply(.read, to: key(1)) != .absent)
    clock.advance(by: 51)
    #expect(try store.apply(.read, to: key(1)) == .absent)
  }

  @Test("Without a known time nothing is sent")
  func noTime() {
    let store = MemoryStore(clock: ManualStoreClock(milliseconds: nil))
    let failure = #expect(throws: StoreFailure.self) { try store.apply(.read, to: key(1)) }
    #expect(failure?.kind == .notSent)
  }
}

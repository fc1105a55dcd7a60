import IdempotencyTesting
import NIOCore
import Testing

@testable import Idempotency

@Suite("Whatever is written can be read: no public initializer makes a record that nobody can decode")
struct RecordValueTests {
  private static let extremes: [Int64] = [
    .min, -1, 0, 1, 99, 100, 101, 599, 999, 1_000, 9_999, 10_000, 1_700_000_000_000, 9_999_999_999_999,
    10_000_000_000_000, .max,
  ]

  private static func number(_ random: inout SeededRandom) -> Int64 {
    random.chance(50) ? random.pick(extremes) : Int64(truncatingIfNeeded: random.next()) >> Int64(random.below(64))
  }

  private static func optional(_ random: inout SeededRandom) -> Int64? { random.chance(30) ? nil : number(&random) }

  private static func record(_ random: inout SeededRandom) -> Record {
    let head = RecordHead(
      state: random.pick(Array(RecordState.allCases)), token: OwnerToken(high: random.next(), low: random.next()),
      fingerprint: Fingerprint(high: random.next(), low: random.next()), leaseDeadline: number(&random),
      attempt: Int(number(&random)), unknownOutcome: random.pick(Array(UnknownOutcome.allCases)))
    let texts = ["", "a", "\n", "\u{0}", "\"", "\\", "é", "\u{FF}", "🔑", "\u{2028}", "e\u{301}"]
    let metadata = RecordMetadata(
      worker: random.text(of: texts, count: 0...3), created: number(&random), completed: optional(&random),
      status: optional(&random).map { Int($0) },
      fields: (0..<random.below(3)).map { _ in
        .init(name: random.text(of: texts, count: 0...3), value: random.text(of: texts, count: 0...3))
      },
      originTimeout: optional(&random), lateAnswer: optional(&random))
    let body = ByteBuffer(bytes: (0..<random.below(4)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    return Record(head: head, metadata: metadata, body: body)
  }

  @Test("X14 20,000 records of extreme parts: encoded and decoded, each is the same")
  func records() throws {
    var random = SeededRandom(seed: 1)
    for _ in 0..<20_000 {
      let record = Self.record(&random)
      let stored = try #require(StoredRecord(bytes: record.encoded()))
      #expect(stored == StoredRecord(record))
      #expect(stored.head == record.head)
      let decoded = try #require(try? stored.decode(), "\(record)")
      #expect(decoded == record)
    }
  }

  @Test("X14 a head of another version or form that was read is no head of a record that is written")
  func versions() throws {
    var bytes = Array(RecordCodecTests.record().encoded().readableBytesView)
    (bytes[82], bytes[84]) = (UInt8(ascii: "2"), UInt8(ascii: "e"))
    let newer = try #require(RecordHead(bytes: ByteBuffer(bytes: bytes)))
    let record = Record(head: newer, metadata: RecordMetadata(worker: "w", created: 1))
    #expect(try StoredRecord(record).decode() == record)
  }

  @Test("A status outside 100 to 999 is stored as 502; times outside 13 digits and attempts outside 1 to 9999 are cut")
  func rules() {
    for status in [Int.min, -1, 0, 99, 1_000, Int.max] {
      #expect(StoredAnswer(status: status).status == 502)
      #expect(RecordMetadata(worker: "w", created: 0, status: status).status == 502)
    }
    for status in [100, 200, 599, 999] { #expect(StoredAnswer(status: status).status == status) }
    let metadata = RecordMetadata(worker: "w", created: -1, completed: .max, originTimeout: .min, lateAnswer: 5)
    #expect(metadata.created == 0)
    #expect(metadata.completed == 9_999_999_999_999)
    #expect(metadata.originTimeout == 0)
    #expect(metadata.lateAnswer == 5)
    let token = OwnerToken.random()
    for (attempt, kept) in [(Int.min, 1), (0, 1), (1, 1), (9_999, 9_999), (10_000, 9_999)] {
      let head = RecordHead(
        state: .reserved, token: token, fingerprint: .any, leaseDeadline: Int64(attempt), attempt: attempt,
        unknownOutcome: .hold)
      #expect(head.attempt == kept)
      #expect((0...9_999_999_999_999).contains(head.leaseDeadline))
    }
  }

  @Test("An answer has a status: without one a completed record says that its answer was not retained, and has no body")
  func withoutStatus() throws {
    let head = RecordHead(
      state: .completed, token: .random(), fingerprint: .any, leaseDeadline: 1, attempt: 1, unknownOutcome: .hold)
    let record = Record(
      head: head, metadata: RecordMetadata(worker: "w", created: 1), body: ByteBuffer(string: "lost"))
    #expect(record.head.state == .notRetained)
    #expect(record.body == ByteBuffer())
    #expect(try StoredRecord(record).decode() == record)
  }

  @Test("A foreign writer's times that make no sense withhold no answer, and enter no sum (X14)")
  func foreignTimes() throws {
    let line = "{\"s\":200,\"a\":-5,\"c\":9223372036854775807,\"o\":-9223372036854775808,\"l\":99999999999999}\n"
    let stored = try #require(StoredRecord(bytes: ByteBuffer(string: RecordCodecTests.head85 + line)))
    let metadata = try stored.decode().metadata
    #expect(metadata.created == 0)
    #expect(metadata.completed == 9_999_999_999_999)
    #expect(metadata.originTimeout == 0)
    #expect(metadata.lateAnswer == 9_999_999_999_999)
  }

  @Test("A store's time that cannot be is no time: nothing overflows, and nothing runs (X13)")
  func times() {
    for time in [Int64.min, -1, 9_999_913_600_000, 10_413_792_000_000, .max] {
      #expect(Moment(boot: BootInstant(nanoseconds: 0), server: time).server == nil)
      var bench = EngineBench()
      bench.offset = time
      let actions = bench.start()
      #expect(actions.last == "finish")
      #expect(bench.sent.isEmpty)
    }
  }

  @Test("Whatever an operation asks for as its retention, the store is asked for what it can keep")
  func retention() {
    var policy = ExecutionPolicy()
    policy.lease = .seconds(30)
    let terms = Terms(policy)
    #expect(terms.retention(askedFor: .max) == 9_999_999_999_999)
    #expect(terms.retention(askedFor: .min) == 60_000)
    #expect(terms.retention(askedFor: nil) == 86_400_000)
  }

  @Test("A memory store is not ended by a time-to-live that overflows")
  func timeToLive() throws {
    let store = MemoryStore()
    let key = try #require(RecordKey("memory:-:1"))
    var record = RecordCodecTests.record(.reserved)
    record.body = ByteBuffer()
    #expect(try store.apply(.reserve(record: record, ttl: .max), to: key) == .granted)
    let renewed = StoreOperation.renew(token: record.head.token, deadline: .max, record: record, ttl: .max)
    #expect(try store.apply(renewed, to: key) == .outcome(.applied))
    let marked = StoreOperation.markUncertain(token: record.head.token, record: record, ttl: .min)
    #expect(try store.apply(marked, to: key) == .outcome(.applied))
  }
}

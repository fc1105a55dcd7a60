import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import NIOCore
import Testing

/// The memory store and the scripts are two writings of one protocol: whatever is sent in whatever order, they agree.
@Suite(.sharedRedis) struct StoreAgreementTests {
  /// A few of each, so that operations meet.
  struct Dice {
    let now: Int64
    var generator: SeededRandom
    let tokens: [OwnerToken]

    init(now: Int64, seed: UInt64) {
      self.now = now
      generator = SeededRandom(seed: seed)
      tokens = (1...3).map { OwnerToken(String(repeating: "\($0)", count: 32))! }
    }

    mutating func token() -> OwnerToken { tokens.randomElement(using: &generator)! }

    mutating func record(_ states: [RecordState]) -> Record {
      var record = Specimen.record(
        states.randomElement(using: &generator)!, token(),
        // Far enough away that the two clocks never differ about it.
        deadline: now + [-3_600_000, 3_600_000, 3_700_000].randomElement(using: &generator)!,
        choice: UnknownOutcome.allCases.randomElement(using: &generator)!)
      record.head.attempt = [1, 2, 9998, 9999].randomElement(using: &generator)!
      record.head.fingerprint = [.any, Fingerprint(String(repeating: "a", count: 32))!].randomElement(
        using: &generator)!
      return record
    }

    mutating func operation() -> StoreOperation {
      let ttl: Int64 = 600_000
      switch Int.random(in: 0..<11, using: &generator) {
      case 0: return .reserve(record: record([.reserved]), ttl: ttl)
      case 1: return .read
      case 2:
        let outcome = record([.completed, .notRetained])
        return .complete(
          token: outcome.head.token, ownDeadline: outcome.head.leaseDeadline, record: outcome, ttl: ttl)
      case 3:
        let mine = record([.reserved])
        return .renew(token: mine.head.token, deadline: now + 3_650_000, record: mine, ttl: ttl)
      case 4:
        let free = record([.free])
        return .release(
          token: free.head.token, expected: Bool.random(using: &generator) ? token() : nil,
          tainted: .random(using: &generator), record: free, ttl: ttl, shortTTL: ttl)
      case 5:
        let uncertain = record([.uncertain])
        return .markUncertain(token: uncertain.head.token, record: uncertain, ttl: ttl)
      case 6, 7:
        return .reclaim(
          expected: token(), expectedState: [.reserved, .free, .uncertain].randomElement(using: &generator)!,
          record: record([.reserved]), ttl: ttl, uncertainTTL: ttl,
          lost: Bool.random(using: &generator) ? record([.completed]) : nil)
      case 8, 9: return .putBack(record: StoredRecord(record(RecordState.allCases)), ttl: ttl)
      default:
        let decided = record([.completed, .notRetained, .free])
        return .resolve(
          token: token(), attempt: [1, 2, 3].randomElement(using: &generator)!, newToken: decided.head.token,
          record: decided, ttl: ttl, wait: [0, 7_200_000].randomElement(using: &generator)!,
          force: .random(using: &generator))
      }
    }

    /// The same operation with other numbers, most of them beyond what a record or a clock can hold.
    mutating func extreme(_ operation: StoreOperation) -> (operation: StoreOperation, endsAtOnce: Bool) {
      let times: [Int64] = [.min, -1, 0, 1, 600_000, 9_999_999_999_999, 10_000_000_000_000, .max]
      let ttl = times.randomElement(using: &generator)!
      let other = times.randomElement(using: &generator)!
      let changed: StoreOperation =
        switch operation {
        case .reserve(let record, _): .reserve(record: record, ttl: ttl)
        case .read: .read
        case .complete(let token, _, let record, _):
          .complete(token: token, ownDeadline: other, record: record, ttl: ttl)
        case .renew(let token, _, let record, _): .renew(token: token, deadline: other, record: record, ttl: ttl)
        case .release(let token, let expected, let tainted, let record, _, _):
          .release(token: token, expected: expected, tainted: tainted, record: record, ttl: ttl, shortTTL: other)
        case .markUncertain(let token, let record, _): .markUncertain(token: token, record: record, ttl: ttl)
        case .reclaim(let expected, let state, let record, _, _, let lost):
          .reclaim(
            expected: expected, expectedState: state, record: record, ttl: ttl, uncertainTTL: other, lost: lost)
        case .putBack(let record, _): .putBack(record: record, ttl: ttl)
        case .resolve(let token, let attempt, let newToken, let record, _, _, let force):
          .resolve(
            token: token, attempt: [.min, -1, attempt, 9_999, 10_000, .max].randomElement(using: &generator)!,
            newToken: newToken, record: record, ttl: ttl, wait: other, force: force)
        }
      return (changed, min(ttl, other) <= 1)
    }
  }

  @Test("They give the same replies and leave the same bytes", arguments: 0..<20)
  func agree(seed: UInt64) async throws {
    let fixture = try #require(SharedRedis.fixture)
    let memory = MemoryStore()
    let now = try await RedisStoreContext(fixture: fixture).now()
    var dice = Dice(now: now, seed: seed)
    var key = Specimen.key()
    for step in 0..<200 {
      if step % 20 == 0 { key = Specimen.key() }
      let operation = dice.operation()
      let expected = try memory.apply(operation, to: key)
      #expect(try await fixture.store.perform(operation, for: key) == expected, "step \(step): \(operation)")
      #expect(try await fixture.store.perform(.read, for: key) == memory.apply(.read, to: key), "step \(step)")
    }
  }

  @Test(
    "Numbers that no record can hold and no clock can count are cut to the nearest that can, by both alike",
    arguments: 0..<20)
  func extremes(seed: UInt64) async throws {
    let context = RedisStoreContext(fixture: try #require(SharedRedis.fixture))
    let now = try await context.now()
    var dice = Dice(now: now, seed: seed)
    for step in 0..<100 {
      let key = Specimen.key()
      let memory = MemoryStore()
      if Bool.random(using: &dice.generator) {
        let standing = dice.record(RecordState.allCases).encoded()
        try memory.plant(standing, under: key, ttl: 600_000)
        try await context.plant(standing, under: key, ttl: 600_000)
      }
      let extreme = dice.extreme(dice.operation())
      let expected = try memory.apply(extreme.operation, to: key)
      #expect(try await context.store.perform(extreme.operation, for: key) == expected, "step \(step): \(extreme)")
      // A record that ends at once stands for a millisecond, or not at all.
      if extreme.endsAtOnce { try await context.pass(2) }
      #expect(try await context.store.perform(.read, for: key) == memory.apply(.read, to: key), "step \(step)")
    }
  }

  @Test("X12: full, both refuse what begins, also on a key that is there, and take all else")
  func full() async throws {
    try await RedisFixture.with { fixture in
      let context = RedisStoreContext(fixture: fixture)
      let memory = MemoryStore(maximumByteCount: 1)
      var cases: [(key: RecordKey, operation: StoreOperation)] = []
      for standing in [nil, .uncertain, .completed] as [RecordState?] {
        for operation in Specimen.operations {
          let key = Specimen.key()
          cases.append((key, operation))
          guard let bytes = standing.map({ Specimen.record($0).encoded() }) else { continue }
          try memory.plant(bytes, under: key, ttl: Specimen.ttl)
          try await context.plant(bytes, under: key, ttl: Specimen.ttl)
        }
      }
      try await fixture.server.command("CONFIG", "SET", "maxmemory", "1")
      for (key, operation) in cases {
        let expected = Result { () throws(StoreFailure) in try memory.apply(operation, to: key) }
        let kind = await fixture.store.failure(operation, for: key)?.kind
        switch expected {
        case .success: #expect(kind == nil, "\(operation.kind)")
        case .failure(let failure):
          #expect(kind == failure.kind && kind == .refused(.full), "\(operation.kind)")
          continue
        }
        #expect(try await fixture.store.perform(.read, for: key) == memory.apply(.read, to: key), "\(operation.kind)")
      }
    }
  }
}

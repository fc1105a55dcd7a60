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
          tainted: .random(using: &generator), record: free, ttl: ttl, absentTTL: ttl)
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
}

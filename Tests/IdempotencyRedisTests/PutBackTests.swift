import Idempotency
import Testing

@testable import IdempotencyRedis

/// How a keepsake finds its way back, step by step (X8).
@Suite struct PutBackTests {
  static func head(_ state: RecordState, attempt: Int, token: OwnerToken = .random()) -> RecordHead {
    RecordHead(
      state: state, token: token, fingerprint: .any, leaseDeadline: 9_000_000_000_000, attempt: attempt,
      unknownOutcome: .hold)
  }

  static func record(_ head: RecordHead) -> StoreReply {
    .record(StoredRecord(Record(head: head, metadata: RecordMetadata(worker: "w", created: 1, status: 200))))
  }

  /// A live reservation of this attempt.
  static func held(attempt: Int) -> (PutBack, OwnerToken) {
    let mine = head(.reserved, attempt: attempt)
    let record = Record(head: mine, metadata: RecordMetadata(worker: "w", created: 1))
    let renew = StoreOperation.renew(token: mine.token, deadline: mine.leaseDeadline, record: record, ttl: 1)
    return (PutBack(Keepsake(key: Specimen.key(), operation: renew)), mine.token)
  }

  @Test("What the store takes, or what is certainly another's, needs one command")
  func once() {
    for outcome in [StoreOutcome.applied, .already, .restored, .unreadable] {
      var (run, _) = Self.held(attempt: 3)
      #expect(run.operation.kind == .renew)
      let isOver = run.replied(.outcome(outcome))
      #expect(isOver)
    }
    for standing in [
      Self.head(.reserved, attempt: 3), Self.head(.uncertain, attempt: 4), Self.head(.completed, attempt: 1),
      Self.head(.notRetained, attempt: 2),
    ] {
      var (run, _) = Self.held(attempt: 3)
      let isOver = [run.replied(.outcome(.lost)), run.replied(Self.record(standing))]
      #expect(isOver == [false, true], "\(standing.state)")
    }
  }

  @Test("Two attempts later: what stands is freed, and taken until the attempt is reached")
  func steps() {
    var (run, mine) = Self.held(attempt: 3)
    var kinds: [StoreOperation.Kind] = [run.operation.kind]
    let old = Self.head(.reserved, attempt: 1)
    let replies: [StoreReply] = [
      .outcome(.lost), Self.record(old), .outcome(.applied),
      Self.record(Self.head(.free, attempt: 1, token: old.token)),
      .reclaimed(attempt: 2), .outcome(.applied), Self.record(Self.head(.free, attempt: 2, token: mine)),
      .reclaimed(attempt: 3),
    ]
    for reply in replies {
      let isOver = run.replied(reply)
      #expect(!isOver)
      kinds.append(run.operation.kind)
      if case .release(let token, nil, false, _, _, _) = run.operation {
        #expect(token == (kinds.count == 3 ? old.token : mine))
      }
    }
    #expect(kinds == [.renew, .read, .release, .read, .reclaim, .release, .read, .reclaim, .renew])
    let isOver = run.replied(.outcome(.applied))
    #expect(isOver)
  }

  @Test(
    "A free key is taken for what was held or done, whatever its attempt; for a mark or a release only if it is earlier"
  )
  func free() {
    let token = OwnerToken.random()
    for (operation, isTaken) in [
      (Specimen.complete(token), true), (Specimen.mark(token), false), (Specimen.release(token), false),
    ] {
      var run = PutBack(Keepsake(key: Specimen.key(), operation: operation))
      let isOver = [run.replied(.outcome(.lost)), run.replied(Self.record(Self.head(.free, attempt: 5)))]
      #expect(isOver == [false, !isTaken])
    }
  }

  @Test("It ends, whatever the store says")
  func bounded() {
    var (run, _) = Self.held(attempt: 9_000)
    var count = 1
    while !run.replied(run.operation.kind == .reclaim ? .reclaimed(attempt: 2) : reply(run.operation)) { count += 1 }
    #expect(count == 40)

    func reply(_ operation: StoreOperation) -> StoreReply {
      switch operation.kind {
      case .read: Self.record(Self.head(.free, attempt: 1))
      case .release: .outcome(.applied)
      default: .outcome(.lost)
      }
    }
  }
}

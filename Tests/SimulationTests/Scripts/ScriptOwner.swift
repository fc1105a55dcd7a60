import Idempotency
import IdempotencyTesting
import NIOCore

/// Thinks up what one owner sends, from its seed and from what it has read so far.
///
/// Not as a worker does, which is careful: an owner here also sends what is stale, twice, or about another's
/// reservation.
struct ScriptOwner {
  /// Long against any run, so that no record ends by itself while it is looked at.
  private static let ttl: Int64 = 600_000
  /// Milliseconds from now to a lease's end: over, about to be, or so long that a run of some tens of milliseconds sees
  /// both its life and its end.
  private static let leases: [Int64] = [-10, 2, 5, 10, 25]

  /// On both sides of every change of width, and the last one, so that attempts run out.
  private static let attempts = [9, 10, 99, 100, 999, 1_000, 9_998, RecordHead.maximumAttempt]

  var random: SeededRandom
  /// The store's time when it was last told.
  var now: Int64 = 0
  private let name: String
  private var count = 0
  private var mine: [RecordKey: OwnerToken] = [:]
  private var seen: [RecordKey: RecordHead] = [:]

  init(name: String, seed: UInt64) {
    self.name = name
    random = SeededRandom(seed: seed)
  }

  /// Takes note of a reply.
  mutating func note(_ reply: StoreReply, to operation: StoreOperation, of key: RecordKey) {
    switch (operation, reply) {
    case (_, .record(let record)): seen[key] = record.head
    case (.reserve(let record, _), .granted): seen[key] = record.head
    case (.reclaim(_, _, var record, _, _, _), .reclaimed(let attempt)):
      record.head.attempt = attempt
      seen[key] = record.head
    case (.reclaim, .nowUncertain): seen[key]?.state = .uncertain
    case (.markUncertain(_, let record, _), .outcome(.restored)): seen[key] = record.head
    case (.putBack(let record, _), .outcome(.applied)), (.putBack(let record, _), .outcome(.restored)):
      seen[key] = record.head
    case (.markUncertain, .outcome(.applied)): seen[key]?.state = .uncertain
    case (.release(_, _, _, let record, _, _), .outcome(.applied)),
      (.release(_, _, _, let record, _, _), .outcome(.restored)):
      seen[key]?.state = .free
      seen[key]?.token = record.head.token
    default: break
    }
  }

  /// The next thing to send about a key.
  mutating func operation(for key: RecordKey) -> StoreOperation {
    count += 1
    switch random.pick(Self.kinds) {
    case .reserve: return .reserve(record: record(.reserved, newToken(for: key)), ttl: Self.ttl)
    case .read: return .read
    case .complete:
      let outcome = record(random.pick([.completed, .notRetained]), token(for: key))
      return .complete(
        token: outcome.head.token, ownDeadline: outcome.head.leaseDeadline, record: outcome, ttl: Self.ttl)
    case .renew:
      let record = record(.reserved, token(for: key))
      return .renew(
        token: record.head.token, deadline: now + random.pick(Self.leases), record: record, ttl: Self.ttl)
    case .release:
      let record = record(.free, token(for: key))
      return .release(
        token: record.head.token, expected: random.chance(50) ? seen[key]?.token : nil, tainted: random.chance(30),
        record: record, ttl: Self.ttl, shortTTL: Self.ttl)
    case .markUncertain:
      let record = record(.uncertain, token(for: key))
      return .markUncertain(token: record.head.token, record: record, ttl: Self.ttl)
    case .reclaim: return reclaim(key)
    case .putBack:
      var record = record(random.pick(RecordState.allCases), token(for: key))
      record.head.attempt = min((seen[key]?.attempt ?? 1) + random.below(2), RecordHead.maximumAttempt)
      return .putBack(record: StoredRecord(record), ttl: Self.ttl)
    case .resolve: return resolve(key)
    }
  }

  /// How often each is sent: completions, which end a key's life, are rare, takeovers are what this is about.
  private static let kinds: [StoreOperation.Kind] = [
    .reserve, .reserve, .read, .read, .complete, .renew, .renew, .release, .release, .markUncertain, .reclaim, .reclaim,
    .reclaim, .reclaim, .resolve, .resolve, .putBack,
  ]

  private mutating func reclaim(_ key: RecordKey) -> StoreOperation {
    let expected = seen[key]
    return .reclaim(
      expected: expected?.token ?? token(for: key), expectedState: expected?.state == .free ? .free : .reserved,
      record: record(.reserved, newToken(for: key)), ttl: Self.ttl, uncertainTTL: Self.ttl,
      lost: random.chance(70) ? record(.completed, random.token()) : nil)
  }

  private mutating func resolve(_ key: RecordKey) -> StoreOperation {
    let decided = record(random.pick([.completed, .notRetained, .free, .free]), random.token())
    return .resolve(
      token: seen[key]?.token ?? token(for: key), attempt: seen[key]?.attempt ?? 1, newToken: decided.head.token,
      record: decided, ttl: Self.ttl, wait: random.pick([0, 5, 1000]), force: random.chance(30))
  }

  private mutating func newToken(for key: RecordKey) -> OwnerToken {
    let token = random.token()
    mine[key] = token
    return token
  }

  /// Its own, as a rule; at times that of whoever stands there, as a late message from another life would.
  private mutating func token(for key: RecordKey) -> OwnerToken {
    if random.chance(30), let head = seen[key] { return head.token }
    return mine[key] ?? newToken(for: key)
  }

  private mutating func record(_ state: RecordState, _ token: OwnerToken) -> Record {
    let head = RecordHead(
      state: state, token: token, fingerprint: random.pick([.any, Fingerprint(String(repeating: "5", count: 32))!]),
      leaseDeadline: now + random.pick(Self.leases),
      attempt: random.chance(25) ? random.pick(Self.attempts) : 1, unknownOutcome: random.pick(UnknownOutcome.allCases))
    let body = state == .completed ? "\(name), \(count)" : ""
    // An answer has a status.
    let status = head.state.isCompleted ? 200 : nil
    return Record(
      head: head, metadata: RecordMetadata(worker: name, created: 1, status: status), body: ByteBuffer(string: body))
  }
}

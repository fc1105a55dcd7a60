import Idempotency
import NIOCore

/// One case at work: a context, a fresh key, and the expectations that are said most often.
struct StoreProbe: Sendable {
  let rule: String
  let context: any StoreConformanceContext
  /// The store's time when the case began; leases are written relative to it.
  let now: Int64
  let key: RecordKey

  init(rule: String, context: any StoreConformanceContext, now: Int64) {
    self.rule = rule
    self.context = context
    self.now = now
    self.key = context.freshKey()
  }

  /// Long against any pause of a test machine.
  static let lease: Int64 = 60_000
  /// The time to live that cases give unless it matters.
  static let ttl: Int64 = 300_000
  /// Redis takes its time once for each command, and once more to say what is left: each may be cut to a millisecond.
  private static let rounding: Int64 = 2

  /// A record as a worker would write it.
  ///
  /// The lease ends `lease` milliseconds after the beginning of the case; with a negative one it is over.
  func record(
    _ state: RecordState, _ token: OwnerToken, fingerprint: Fingerprint = .first, lease: Int64 = StoreProbe.lease,
    attempt: Int = 1, choice: UnknownOutcome = .hold, worker: String = "node-1", body: String = ""
  ) -> Record {
    let head = RecordHead(
      state: state, token: token, fingerprint: fingerprint, leaseDeadline: now + lease, attempt: attempt,
      unknownOutcome: choice)
    var metadata = RecordMetadata(worker: worker, created: now, originTimeout: 30_000, lateAnswer: 300_000)
    if state == .completed {
      metadata.completed = now
      metadata.status = 201
      metadata.fields = [.init(name: "Content-Type", value: "text/plain")]
    }
    return Record(head: head, metadata: metadata, body: ByteBuffer(string: state == .completed ? body : ""))
  }

  /// Puts a record there behind the store's back.
  func plant(_ record: Record, ttl: Int64 = StoreProbe.ttl) async throws {
    try await context.plant(record.encoded(), under: key, ttl: ttl)
  }

  /// Sends an operation and expects a reply.
  func expect(_ operation: StoreOperation, _ expected: StoreReply) async throws {
    let reply = try await context.store.perform(operation, for: key)
    try check(reply == expected, "\(expected) to \(operation.kind)", "\(reply)")
  }

  /// Sends an operation and expects an outcome.
  func expect(_ operation: StoreOperation, _ expected: StoreOutcome) async throws {
    try await expect(operation, .outcome(expected))
  }

  /// Expects exactly these bytes under the key.
  func expectStanding(_ record: Record) async throws {
    try await expect(.read, .record(StoredRecord(record)))
  }

  /// Expects that nothing stands under the key.
  func expectAbsent() async throws { try await expect(.read, .absent) }

  /// Expects a time to live, less no more than what has passed since the case began.
  func expectTimeToLive(_ expected: Int64) async throws {
    let ttl = try await context.timeToLive(of: key)
    let passed = try await context.now() - now
    let range = expected - passed - Self.rounding...expected
    try check(ttl.map(range.contains) ?? false, "TTL \(range)", "\(ttl ?? -1)")
  }

  /// Fails unless `condition` holds.
  func check(_ condition: Bool, _ expected: String, _ got: String) throws {
    guard condition else { throw ConformanceFailure(rule: rule, expected: expected, got: got) }
  }
}

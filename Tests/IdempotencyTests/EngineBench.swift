import IdempotencyTesting
import NIOCore

@testable import Idempotency

/// Holds one engine and speaks to it event by event, with time that a test moves; actions come back as short texts.
struct EngineBench {
  var engine: Engine
  /// Milliseconds since the first event, by both clocks.
  var time: Int64 = 0
  /// What this node knows of the store's time beyond ``time``; nil while it knows none.
  var offset: Int64? = epoch
  /// The last operation of each kind that was asked for.
  var sent: [StoreOperation.Kind: StoreOperation] = [:]

  static let epoch: Int64 = 1_700_000_000_000
  static let token = OwnerToken(high: 1, low: 1)
  static let other = OwnerToken(high: 2, low: 2)
  static let fingerprint = Fingerprint(high: 7, low: 7)
  static let foreign = Fingerprint(high: 8, low: 8)
  static let answer = StoredAnswer(status: 201, fields: [], body: ByteBuffer(string: "mine"))
  static let unknown = OperationOutcome.unknown(StoredAnswer(status: 504), open: false)
  static let done = OperationOutcome.done(answer, retained: true, retention: nil)
  static let silent = StoreFailure(.unknown, "no reply")
  static let away = StoreFailure(.notSent, "no connection")

  init(
    _ choice: UnknownOutcome = .hold, wish: Duration? = nil, _ change: (inout ExecutionPolicy) -> Void = { _ in }
  ) {
    var policy = ExecutionPolicy()
    policy.unknownOutcome = choice
    policy.lease = .seconds(30)
    change(&policy)
    engine = Engine(
      fingerprint: Self.fingerprint, policy: policy, token: Self.token, worker: "w", waitingAtMost: wish
    ) { standIn in
      StoredAnswer(status: standIn == .lostExecutor ? 500 : 504, body: ByteBuffer(string: "\(standIn)"))
    }
  }

  var moment: Moment {
    Moment(boot: BootInstant(nanoseconds: (1_000_000 + time) * 1_000_000), server: offset.map { $0 + time })
  }

  mutating func handle(_ event: ExchangeEvent<OperationOutcome>) -> [String] {
    let actions = engine.handle(event, at: moment)
    for case .send(let operation) in actions { sent[operation.kind] = operation }
    return actions.map(EngineText.text)
  }

  mutating func start() -> [String] { handle(.start) }
  mutating func ready() -> [String] { handle(.ready) }
  mutating func reply(_ kind: StoreOperation.Kind, _ reply: StoreReply) -> [String] {
    handle(.storeReplied(kind, reply))
  }
  mutating func reply(_ kind: StoreOperation.Kind, _ outcome: StoreOutcome) -> [String] {
    handle(.storeReplied(kind, .outcome(outcome)))
  }
  mutating func fail(_ kind: StoreOperation.Kind, _ failure: StoreFailure = silent) -> [String] {
    handle(.storeFailed(kind, failure))
  }
  mutating func refuse(_ kind: StoreOperation.Kind, _ refusal: StoreFailure.Refusal = .full) -> [String] {
    handle(.storeFailed(kind, StoreFailure(.refused(refusal), "refused")))
  }
  mutating func operation(_ outcome: OperationOutcome) -> [String] { handle(.operation(outcome)) }
  mutating func fire(_ timer: ExchangeTimer) -> [String] { handle(.timer(timer)) }

  /// Goes on until the operation runs.
  mutating func execute() {
    _ = start()
    _ = reply(.reserve, .granted)
    _ = ready()
  }

  /// A record that stands in the store.
  func record(
    _ state: RecordState, token: OwnerToken = other, fingerprint: Fingerprint = fingerprint, leaseEnds: Int64 = 30_000,
    attempt: Int = 1, choice: UnknownOutcome = .hold
  ) -> StoreReply {
    let head = RecordHead(
      state: state, token: token, fingerprint: fingerprint, leaseDeadline: Self.epoch + leaseEnds, attempt: attempt,
      unknownOutcome: choice)
    let status = state == .completed || state == .notRetained ? 200 : nil
    return .record(
      StoredRecord(Record(head: head, metadata: RecordMetadata(worker: "v", created: Self.epoch, status: status))))
  }
}

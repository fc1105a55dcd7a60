import Idempotency
import IdempotencyTesting
import NIOCore
import Testing

/// Small histories, by milliseconds since some beginning.
enum Sample {
  static let key = "wallet:alice:k1"
  /// The store's time at the beginning, Unix milliseconds.
  static let epoch: Int64 = 1_700_000_000_000
  static let lease: Int64 = 100
  static let answer = "the first answer"

  static func ns(_ milliseconds: Int64) -> Int64 { milliseconds * 1_000_000 }

  static func empty(
    _ unknownOutcome: UnknownOutcome? = .hold, _ onMismatch: ExecutionPolicy.MismatchRule = .reject
  ) -> History {
    History(settings: .init(unknownOutcome: unknownOutcome, onMismatch: onMismatch, lease: ns(lease)))
  }

  static func call(
    _ nonce: String, _ time: ClosedRange<Int64>, _ status: IdempotencyStatus? = nil, _ body: String = "",
    code: Int = 200, asks fingerprint: String = "pay 5", echo: String? = nil, key: String = key,
    isPending: Bool = false, isProbe: Bool = false
  ) -> History.Call {
    History.Call(
      nonce: nonce, key: key, fingerprint: fingerprint, invoked: ns(time.lowerBound), returned: ns(time.upperBound),
      answer: status.map { .init(status: $0, code: code, body: body, isPending: isPending, echo: echo) },
      isProbe: isProbe)
  }

  static func effect(
    _ nonce: String, _ time: Int64, attempt: Int = 1, _ body: String = answer, asks fingerprint: String = "pay 5",
    key: String = key
  ) -> History.Effect {
    .init(nonce: nonce, key: key, fingerprint: fingerprint, attempt: attempt, time: ns(time), body: body)
  }

  static func token(_ digit: Character) -> OwnerToken { OwnerToken(String(repeating: digit, count: 32))! }

  static func fingerprint(_ digit: Character) -> Fingerprint { Fingerprint(String(repeating: digit, count: 32))! }

  /// A head whose lease ends at `until`, milliseconds since the beginning.
  static func head(
    _ state: RecordState, _ owner: Character = "a", until deadline: Int64 = 112, attempt: Int = 1,
    choice: UnknownOutcome = .hold, asks: Fingerprint = fingerprint("5")
  ) -> RecordHead {
    RecordHead(
      state: state, token: token(owner), fingerprint: asks, leaseDeadline: epoch + deadline, attempt: attempt,
      unknownOutcome: choice)
  }

  static func state(
    _ time: Int64, _ head: RecordHead?, _ rest: String = "", ttl: Int64? = nil, isForgotten: Bool = false,
    key: String = key
  ) -> History.State {
    .init(key: key, time: ns(time), head: head, rest: rest, timeToLive: ttl, isForgotten: isForgotten)
  }

  static func record(_ head: RecordHead, _ body: String = "") -> Record {
    // An answer has a status.
    let status = head.state.isCompleted ? 200 : nil
    return Record(
      head: head, metadata: RecordMetadata(worker: "w", created: epoch, status: status), body: ByteBuffer(string: body))
  }

  /// One operation as it should be: executed, asked for again while it runs and afterwards, and by a mismatch.
  static var good: History {
    var history = empty()
    history.calls = [
      call("a", 10...40, .executed, answer, echo: "a"), call("b", 15...18, .inProgress, "outstanding", code: 409),
      call("c", 50...60, .replayed, answer, echo: "a"),
      call("d", 70...75, .mismatch, "already used", code: 422, asks: "pay 7"),
      call("p", 90...95, .replayed, answer, echo: "a", isProbe: true),
    ]
    history.effects = [effect("a", 20)]
    history.states = [
      state(12, head(.reserved), ttl: 60_000), state(30, head(.reserved, until: 130), ttl: 60_000),
      state(35, head(.completed, until: 130), answer, ttl: 60_000),
    ]
    history.counts = [.executed: 1, .inProgress: 1, .replayed: 2, .mismatch: 1]
    history.healed = ns(80)
    history.situations = ["takeover"]
    return history
  }
}

/// A history and what is to be said about it.
struct HistoryCase: Sendable, CustomTestStringConvertible {
  /// The invariant's number.
  let invariant: String
  let name: String
  let history: History

  init(_ invariant: String, _ name: String, _ history: History = Sample.good, _ change: (inout History) -> Void) {
    var history = history
    change(&history)
    self.invariant = invariant
    self.name = name
    self.history = history
  }

  var testDescription: String { "\(invariant): \(name)" }

  var found: Set<String> { Set(HistoryChecker(history).violations().map(\.invariant)) }
}

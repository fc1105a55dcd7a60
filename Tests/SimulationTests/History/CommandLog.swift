import Idempotency
import IdempotencyTesting
import NIOCore

/// Commands written down by hand; times are milliseconds since ``Sample/epoch``, on both clocks unless it says
/// otherwise.
struct CommandLog: Sendable {
  static let key = RecordKey(unchecked: "wallet", scope: "-", clientKey: "k1")

  var history = Sample.empty()

  /// One command; without a reply it was lost, and without a time of the store's that is the recorder's.
  mutating func add(
    _ time: ClosedRange<Int64>, _ operation: StoreOperation, _ reply: StoreReply?,
    storeTime: ClosedRange<Int64>? = nil, key: RecordKey = key
  ) {
    let window = storeTime ?? (reply == nil ? time.lowerBound...1_000_000 : time)
    history.commands.append(
      History.Command(
        key: key, operation: operation, invoked: Sample.ns(time.lowerBound),
        returned: reply == nil ? nil : Sample.ns(time.upperBound), reply: reply,
        storeTime: Sample.epoch + window.lowerBound...Sample.epoch + window.upperBound))
  }

  mutating func add(_ time: ClosedRange<Int64>, _ operation: StoreOperation, _ outcome: StoreOutcome) {
    add(time, operation, .outcome(outcome))
  }

  func violations(searchLimit: Int = 200_000) -> [String] {
    HistoryChecker(history, searchLimit: searchLimit).violations().map(\.description)
  }

  static func reserve(_ owner: Character, until deadline: Int64 = 100, ttl: Int64 = 600_000) -> StoreOperation {
    .reserve(record: reserved(owner, until: deadline), ttl: ttl)
  }

  static func reserved(_ owner: Character, until deadline: Int64 = 100, attempt: Int = 1) -> Record {
    Sample.record(Sample.head(.reserved, owner, until: deadline, attempt: attempt, choice: .executeAgain))
  }

  static func completed(_ owner: Character, attempt: Int = 1) -> Record {
    Sample.record(
      Sample.head(.completed, owner, until: 100, attempt: attempt, choice: .executeAgain), "done by \(owner)")
  }

  static func complete(_ owner: Character) -> StoreOperation {
    .complete(
      token: Sample.token(owner), ownDeadline: Sample.epoch + 100, record: completed(owner), ttl: 600_000)
  }

  /// A takeover of `a`'s reservation by `b`.
  static let reclaim = StoreOperation.reclaim(
    expected: Sample.token("a"), expectedState: .reserved, record: reserved("b", until: 300), ttl: 600_000,
    uncertainTTL: 600_000, lost: nil)

  static func standing(_ record: Record) -> StoreReply {
    .record(StoredRecord(bytes: record.encoded())!)
  }
}

/// A log and whether some order explains it.
struct LogCase: Sendable, CustomStringConvertible {
  let name: String
  let explained: Bool
  let log: CommandLog

  init(_ name: String, explained: Bool, _ build: (inout CommandLog) -> Void) {
    var log = CommandLog()
    build(&log)
    self.name = name
    self.explained = explained
    self.log = log
  }

  var description: String { "\(explained ? "explained" : "not explained"): \(name)" }
}

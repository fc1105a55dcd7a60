import Idempotency
import IdempotencyTesting

extension HistoryCase {
  /// A change of state that must not be, after what stood before.
  static func change(
    _ invariant: String, _ name: String, _ before: RecordHead, to after: RecordHead?, rest: (String, String) = ("", "")
  ) -> HistoryCase {
    HistoryCase(invariant, name, Sample.empty()) {
      $0.states = [Sample.state(10, before, rest.0), Sample.state(20, after, rest.1)]
    }
  }

  /// What states give away, each by one invariant only.
  static let brokenStates: [HistoryCase] = [
    change("I5", "a record vanishes without being forgotten", Sample.head(.reserved), to: nil),
    change("I5", "completed, then free", Sample.head(.completed), to: Sample.head(.free)),
    change("I5", "a tombstone reserved again", Sample.head(.notRetained), to: Sample.head(.reserved, "b", attempt: 2)),
    change("I5", "a stored answer changes", Sample.head(.completed), to: Sample.head(.completed), rest: ("one", "two")),
    change("I5", "free, then completed", Sample.head(.free), to: Sample.head(.completed)),
    change("I5", "free, then uncertain", Sample.head(.free), to: Sample.head(.uncertain)),
    change("I5", "uncertain, then reserved", Sample.head(.uncertain), to: Sample.head(.reserved, "b", attempt: 2)),
    change("I5", "a deadline moves back", Sample.head(.reserved, until: 50), to: Sample.head(.reserved, until: 40)),
    change(
      "I5", "a renewal changes the fingerprint", Sample.head(.reserved),
      to: Sample.head(.reserved, asks: Sample.fingerprint("7"))),
    change("I5", "a renewal counts as an attempt", Sample.head(.reserved), to: Sample.head(.reserved, attempt: 2)),
    change(
      "I5", "a reclaim skips an attempt", Sample.head(.free, asks: .any), to: Sample.head(.reserved, "b", attempt: 3)),
    change("I5", "a reclaim keeps the attempt", Sample.head(.free), to: Sample.head(.reserved, "b")),
    change(
      "I5", "another fingerprint follows where one is kept", Sample.head(.free),
      to: Sample.head(.reserved, "b", attempt: 2, asks: Sample.fingerprint("7"))),
    change(
      "I5", "a held reservation is taken over", Sample.head(.reserved), to: Sample.head(.reserved, "b", attempt: 2)),
    change("I5", "released by another", Sample.head(.reserved), to: Sample.head(.free, "b")),
    change("I5", "made uncertain by another", Sample.head(.reserved), to: Sample.head(.uncertain, "b")),
    change(
      "I5", "uncertain under execute-again", Sample.head(.reserved, choice: .executeAgain),
      to: Sample.head(.uncertain, choice: .executeAgain)),
    change(
      "I5", "a completion changes the fingerprint", Sample.head(.reserved),
      to: Sample.head(.completed, asks: Sample.fingerprint("7"))),
    change("I5", "a completion counts as an attempt", Sample.head(.reserved), to: Sample.head(.completed, attempt: 2)),
    change("I5", "a re-stamp changes the attempt", Sample.head(.free), to: Sample.head(.free, "b", attempt: 2)),
    change("I7", "an attempt decreases", Sample.head(.free, attempt: 3), to: Sample.head(.reserved, "b", attempt: 2)),
    change("I7", "completed by who is not the owner", Sample.head(.reserved), to: Sample.head(.completed, "b")),
    HistoryCase("I7", "completed by a stale token", Sample.empty(.executeAgain)) {
      $0.states = [
        Sample.state(10, Sample.head(.reserved, choice: .executeAgain)),
        Sample.state(300, Sample.head(.reserved, "b", until: 400, attempt: 2, choice: .executeAgain)),
        Sample.state(310, Sample.head(.completed, attempt: 2, choice: .executeAgain)),
      ]
    },
    HistoryCase("I7", "uncertainty ended by a stale token", Sample.empty()) {
      $0.states = [
        Sample.state(10, Sample.head(.free)), Sample.state(20, Sample.head(.reserved, "b", attempt: 2)),
        Sample.state(30, Sample.head(.uncertain, "b", attempt: 2)),
        Sample.state(40, Sample.head(.completed, "a", attempt: 2)),
      ]
    },
    HistoryCase("I6", "taken over while the lease lived, by the reclaim's window", takeover(at: 200)) {
      $0.commands = [reclaim(at: 109...111)]
    },
    HistoryCase("I6", "taken over while the lease lived, by the first call", takeover(at: 90)) {
      $0.calls = [Sample.call("a", 10...20), Sample.call("b", 80...95)]
    },
    HistoryCase("I6", "taken over while the renewed lease lived", takeover(at: 130)) {
      $0.states.insert(Sample.state(50, Sample.head(.reserved, until: 150, choice: .executeAgain)), at: 1)
      $0.calls = [Sample.call("a", 10...20), Sample.call("b", 80...95)]
    },
  ]

  /// A lease until 112 of a reservation that was sent at 12 or later, taken over.
  static func takeover(at time: Int64) -> History {
    var history = Sample.empty(.executeAgain)
    history.states = [
      Sample.state(12, Sample.head(.reserved, choice: .executeAgain)),
      Sample.state(time, Sample.head(.reserved, "b", until: time + Sample.lease, attempt: 2, choice: .executeAgain)),
    ]
    return history
  }

  /// The command that took over; without a reply, so that it explains itself to the search in any case.
  static func reclaim(at time: ClosedRange<Int64>) -> History.Command {
    let record = Sample.record(Sample.head(.reserved, "b", attempt: 2, choice: .executeAgain))
    return History.Command(
      key: RecordKey(unchecked: "wallet", scope: "-", clientKey: "k1"),
      operation: .reclaim(
        expected: Sample.token("a"), expectedState: .reserved, record: record, ttl: 60_000, uncertainTTL: 60_000,
        lost: nil),
      invoked: 0, returned: nil, reply: nil,
      storeTime: Sample.epoch + time.lowerBound...Sample.epoch + time.upperBound)
  }
}

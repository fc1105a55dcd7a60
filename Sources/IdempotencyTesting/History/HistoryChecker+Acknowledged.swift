internal import Idempotency

extension HistoryChecker {
  /// I13: what was answered as executed stays: every later answer says it, and the record does not change any more.
  ///
  /// Pending answers promise nothing yet. What the store itself forgot ends the promise here; whether it was allowed to
  /// forget, only who runs the store knows.
  func acknowledgedStays(_ key: KeyHistory) -> [Violation] {
    var first: [Int: History.Call] = [:]
    for call in key.calls where call.answer?.status == .executed && call.finalAnswer != nil {
      let periods = key.periods(of: call)
      guard periods.count == 1, call.returned < first[periods.lowerBound]?.returned ?? .max else { continue }
      first[periods.lowerBound] = call
    }
    guard !first.isEmpty else { return [] }
    let forgotten = key.states.filter(\.isForgotten).map(\.time)
    var found: [Violation] = []
    for call in key.calls {
      let periods = key.periods(of: call)
      guard let answer = call.answer, periods.count == 1, let acknowledged = first[periods.lowerBound],
        call.invoked > acknowledged.returned, contradicts(answer, acknowledged),
        !forgotten.contains(where: { $0 >= acknowledged.invoked && $0 <= call.returned })
      else { continue }
      found.append(
        Violation(
          "I13",
          "\(call.nonce) was answered \(answer.status.rawValue) \(Self.text(answer)) after \(acknowledged.nonce) was "
            + "answered executed under \(key.key)"))
    }
    return found + acknowledgedStands(key, since: first)
  }

  private func contradicts(_ answer: History.Call.Answer, _ acknowledged: History.Call) -> Bool {
    switch answer.status {
    case .executed, .released, .inProgress, .uncertain: true
    case .replayed: answer.body != acknowledged.answer?.body
    case .notRetained, .mismatch, .rejected, .failed, .unguarded, .ignored: false
    }
  }

  private func acknowledgedStands(_ key: KeyHistory, since first: [Int: History.Call]) -> [Violation] {
    key.changes.compactMap { change in
      guard let before = change.before, before.state == .completed || before.state == .notRetained,
        before != change.state.head || change.beforeRest != change.state.rest,
        let acknowledged = first[key.period(at: change.state.time)], change.state.time > acknowledged.returned
      else { return nil }
      return Violation("I13", "\(key.key) changes at \(change.state.time) after \(acknowledged.nonce) was answered")
    }
  }
}

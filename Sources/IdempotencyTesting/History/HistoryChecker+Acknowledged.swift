internal import Idempotency

extension HistoryChecker {
  /// I13: what was answered as executed stays: every later answer says it, and the record does not change any more.
  ///
  /// Pending answers promise nothing yet. Where nodes put back what the store forgets, all of it must be back when the
  /// store has settled; elsewhere what the store itself forgot ends the promise here.
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
        !isExcused(call, answer, since: acknowledged, forgotten)
      else { continue }
      found.append(
        Violation(
          "I13",
          "\(call.nonce) was answered \(answer.status.rawValue) \(Self.text(answer)) after \(acknowledged.nonce) was "
            + "answered executed under \(key.key)"))
    }
    return found + acknowledgedStands(key, since: first)
  }

  private func isExcused(
    _ call: History.Call, _ answer: History.Call.Answer, since acknowledged: History.Call, _ forgotten: [Int64]
  ) -> Bool {
    guard history.losses != nil else {
      return forgotten.contains { $0 >= acknowledged.invoked && $0 <= call.returned }
    }
    guard answer.status == .inProgress || answer.status == .uncertain else { return false }
    return history.unsettled.contains { $0.overlaps(call.invoked...max(call.invoked, call.returned)) }
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

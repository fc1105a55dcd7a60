internal import Idempotency

extension HistoryChecker {
  /// I9: a call is answered in-progress only while a lease can live.
  ///
  /// With states, other than that the store forgot all: a reservation stands at some time between the call and its answer. Without: another call can have
  /// held the key at that time. One that was answered for good held it until then at most; one without an answer, or
  /// with one that says that its outcome is open, may hold it ever after.
  func inProgressHasALease(_ key: KeyHistory) -> [Violation] {
    key.calls.compactMap { call in
      guard call.answer?.status == .inProgress else { return nil }
      let isKnown = key.states.contains { $0.head != nil }
      if isKnown ? Self.isReserved(key, during: call) : othersMayHold(key, during: call) { return nil }
      return Violation(
        "I9", "\(call.nonce) was answered in-progress under \(key.key), and nobody can have held it then")
    }
  }

  private static func isReserved(_ key: KeyHistory, during call: History.Call) -> Bool {
    for (index, state) in key.states.enumerated() where state.head?.state == .reserved && state.time <= call.returned {
      let end = index + 1 < key.states.count ? key.states[index + 1].time : .max
      if end >= call.invoked { return true }
    }
    return false
  }

  private func othersMayHold(_ key: KeyHistory, during call: History.Call) -> Bool {
    if key.effects.contains(where: {
      $0.nonce != call.nonce && $0.time >= call.invoked && $0.time <= call.returned
    }) {
      return true
    }
    return key.calls.contains { other in
      guard other.nonce != call.nonce, other.invoked <= call.returned else { return false }
      guard let answer = other.answer, !answer.isPending else { return true }
      switch answer.status {
      case .uncertain, .failed, .released, .unguarded: return true
      case .executed, .replayed, .notRetained, .inProgress, .mismatch, .rejected, .ignored:
        return other.returned >= call.invoked
      }
    }
  }

  /// I10: after the faults every key settles, and none stays for ever.
  ///
  /// The last probe of each key that has calls must be answered with a status that does not change any more by itself;
  /// released is such a one, because the key is free again.
  func keySettles(_ key: KeyHistory) -> [Violation] {
    var found = key.states.filter { $0.head != nil && $0.timeToLive == -1 }.map { state in
      Violation("I10", "\(key.key) has no time to live at \(state.time): \(Self.text(state.head))")
    }
    guard history.healed != nil, !key.calls.isEmpty else { return found }
    guard let probe = key.calls.last(where: \.isProbe) else {
      return found + [Violation("I10", "\(key.key) was not probed after the faults")]
    }
    if probe.answer.map({ isSettled($0.status) }) != true {
      let status = probe.answer?.status.rawValue ?? "no answer"
      found.append(Violation("I10", "\(key.key) has not settled: the last probe, \(probe.nonce), got \(status)"))
    }
    return found
  }

  private func isSettled(_ status: IdempotencyStatus) -> Bool {
    switch status {
    case .executed, .replayed, .notRetained, .mismatch, .released: true
    case .uncertain:
      // Nil: nodes choose differently, so some may hold.
      history.settings.unknownOutcome == .hold || history.settings.unknownOutcome == nil
    case .inProgress, .rejected, .failed, .unguarded, .ignored: false
    }
  }

  /// I14: every guarded request is counted once, with the status that it was answered.
  ///
  /// An answer that got lost on its way is counted, too, so that counts may be higher; not where every call has an
  /// answer.
  func countsAgree() -> [Violation] {
    guard let counts = history.counts else { return [] }
    let answers = history.calls.compactMap(\.answer).filter { $0.status != .ignored }
    let seen = Dictionary(grouping: answers, by: \.status).mapValues(\.count)
    var found: [Violation] = []
    for status in IdempotencyStatus.allCases where status != .ignored {
      let (answered, counted) = (seen[status] ?? 0, counts[status] ?? 0)
      if answered > counted {
        found.append(Violation("I14", "\(answered) calls were answered \(status.rawValue), \(counted) counted"))
      }
    }
    let total = counts.filter { $0.key != .ignored }.values.reduce(0, +)
    let isComplete = history.calls.allSatisfy { $0.answer != nil }
    if found.isEmpty, total < answers.count || isComplete && total != answers.count {
      found.append(Violation("I14", "\(answers.count) calls were answered, \(total) counted"))
    }
    return found
  }
}

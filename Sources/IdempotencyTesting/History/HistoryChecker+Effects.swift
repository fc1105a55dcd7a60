internal import Idempotency

extension HistoryChecker {
  /// Whether nodes are to run an operation at most once; otherwise only that each attempt does.
  var runsOnce: Bool {
    switch history.settings.unknownOutcome {
    case .hold, .store: true
    case .executeAgain, nil: false
    }
  }

  /// I1: an operation has its effect at most once; under execute-again each has an attempt of its own, by which an origin
  /// can tell that one is late.
  ///
  /// Within one retention: the count begins anew when the store has forgotten the key, and ends where the promise does.
  /// What ran unguarded, because the policy says so while the store is away, is not counted.
  func effectsHappenOnce(_ key: KeyHistory) -> [Violation] {
    let promised = key.guardedEffects.filter { key.isPromised(at: $0.time) }
    let periods = Dictionary(grouping: promised) { key.period(at: $0.time) }
    return periods.sorted { $0.key < $1.key }.flatMap { (_, effects) -> [Violation] in
      if runsOnce {
        guard effects.count > 1 else { return [] }
        return [Violation("I1", "\(effects.count) effects of \(key.key): \(effects.map(\.nonce))")]
      }
      return Dictionary(grouping: effects, by: \.attempt).sorted { $0.key < $1.key }.filter { $1.count > 1 }.map {
        Violation("I1", "attempt \($0) of \(key.key) has \($1.count) effects: \($1.map(\.nonce))")
      }
    }
  }

  /// I8: a mismatch executes nothing, and reveals nothing where it is refused.
  ///
  /// Where operations run at most once, no other fingerprint's effect may follow the first one's either.
  func mismatchesDoNothing(_ key: KeyHistory) -> [Violation] {
    let performers = Set(key.effects.map(\.nonce))
    var found: [Violation] = []
    for call in key.calls where call.answer?.status == .mismatch && performers.contains(call.nonce) {
      found.append(Violation("I8", "\(call.nonce) was answered mismatch and has an effect on \(key.key)"))
    }
    if runsOnce {
      // An owner from before a loss may still have its effect after it.
      let invoked = Dictionary(key.calls.map { ($0.nonce, $0.invoked) }, uniquingKeysWith: min)
      let own = key.guardedEffects.filter { key.period(at: invoked[$0.nonce] ?? $0.time) == key.period(at: $0.time) }
      for (_, effects) in Dictionary(grouping: own, by: { key.period(at: $0.time) }).sorted(by: {
        $0.key < $1.key
      }) {
        for effect in effects where effect.fingerprint != effects[0].fingerprint {
          found.append(
            Violation(
              "I8",
              "\(effect.nonce) has an effect on \(key.key) with another fingerprint than \(effects[0].nonce)"))
        }
      }
    }
    return found + mismatchesReveal(key)
  }

  /// A stored answer of fewer characters can stand in a problem document by chance.
  private static let shortestSecret = 8

  private func mismatchesReveal(_ key: KeyHistory) -> [Violation] {
    guard history.settings.onMismatch == .reject else { return [] }
    let mismatches = key.calls.filter { $0.answer?.status == .mismatch }
    guard !mismatches.isEmpty else { return [] }
    let secrets = Set(key.effects.map(\.body) + key.calls.compactMap { $0.finalAnswer?.body }).filter {
      $0.utf8.count >= Self.shortestSecret
    }
    return mismatches.filter { call in secrets.contains { call.answer?.body.contains($0) == true } }.map { call in
      Violation("I8", "the mismatch of \(call.nonce) reveals the answer stored under \(key.key)")
    }
  }

  /// I11: who was told that nothing happened had no effect; a later owner's effect bears another nonce.
  ///
  /// A mismatch is I8's. Under execute-again an owner whose lease was taken over hears in-progress after its effect,
  /// because its successor runs: that is no definite failure.
  func definiteFailuresHaveNoEffect(_ key: KeyHistory) -> [Violation] {
    let performers = Set(key.effects.map(\.nonce))
    return key.calls.compactMap { call in
      guard let status = call.answer?.status, performers.contains(call.nonce) else { return nil }
      switch status {
      case .released, .failed, .rejected: break
      // One whose record was lost, and could not be put back, hears of its successor.
      case .inProgress where runsOnce && key.periods(of: call).count == 1: break
      default: return nil
      }
      return Violation("I11", "\(call.nonce) was answered \(status.rawValue) and has an effect on \(key.key)")
    }
  }
}

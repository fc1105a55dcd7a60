internal import Idempotency

extension HistoryChecker {
  /// I2: all final answers of one key are the same, body and code, whoever asked.
  ///
  /// A call that saw the key vanish may have the answer of either life.
  func answersAgree(_ key: KeyHistory) -> [Violation] {
    let finals = key.calls.filter { $0.finalAnswer != nil }
    var first: [Int: History.Call] = [:]
    var found: [Violation] = []
    func differs(_ call: History.Call, _ other: History.Call) -> Bool {
      call.finalAnswer?.body != other.finalAnswer?.body || call.finalAnswer?.code != other.finalAnswer?.code
    }
    func report(_ call: History.Call, _ other: History.Call) {
      found.append(
        Violation(
          "I2",
          "\(call.nonce) and \(other.nonce) have different answers of \(key.key): "
            + "\(call.finalAnswer.map(Self.text) ?? "") and \(other.finalAnswer.map(Self.text) ?? "")"))
    }
    for call in finals {
      let periods = key.periods(of: call)
      guard periods.count == 1 else { continue }
      if let other = first[periods.lowerBound] {
        if differs(call, other) { report(other, call) }
      } else {
        first[periods.lowerBound] = call
      }
    }
    for call in finals {
      let periods = key.periods(of: call)
      let others = periods.compactMap { first[$0] }
      guard periods.count > 1, others.count == periods.count, let last = others.last else { continue }
      if others.allSatisfy({ differs(call, $0) }) { report(last, call) }
    }
    return found
  }

  /// I3: a replay is an answer that some execution of this key gave, and was asked for with its fingerprint.
  ///
  /// Under `store` the layer may have answered itself, and an operator may have stored an answer: nobody's is allowed
  /// then, another key's never. An execution is known by its effect or by its own call's answer: an origin that answers
  /// without an effect what is to be stored needs a client that waits for it.
  func replaysAreReal(_ key: KeyHistory, _ run: RunHistory) -> [Violation] {
    var given: [String: Set<String>] = [:]
    for effect in key.effects { given[effect.body, default: []].insert(effect.fingerprint) }
    for call in key.calls {
      guard let answer = call.answer, answer.status == .executed else { continue }
      given[answer.body, default: []].insert(call.fingerprint)
    }
    return key.calls.compactMap { call in
      guard let answer = call.answer, answer.status == .replayed else { return nil }
      if let fingerprints = given[answer.body] {
        guard history.settings.onMismatch == .reject, !fingerprints.contains(call.fingerprint) else { return nil }
        return Violation("I3", "\(call.nonce) was replayed what another fingerprint asked for under \(key.key)")
      }
      if run.decided.contains(answer.body) { return nil }
      if let owners = run.owners[answer.body] {
        return Violation("I3", "\(call.nonce) was replayed under \(key.key) what \(owners.sorted()) answered")
      }
      switch history.settings.unknownOutcome {
      case .store, nil: return nil
      case .hold, .executeAgain:
        return Violation("I3", "\(call.nonce) was replayed under \(key.key) what nobody gave: \(Self.text(answer))")
      }
    }
  }

  /// I4: no replay is there before the effect whose answer it repeats.
  func replaysFollowEffects(_ key: KeyHistory) -> [Violation] {
    var earliest: [String: Int64] = [:]
    for call in key.calls {
      guard let answer = call.answer, answer.status == .executed else { continue }
      earliest[answer.body] = min(earliest[answer.body] ?? .max, call.invoked)
    }
    // The ledger knows better than the call when there is both: the effect comes after the call.
    for (body, effects) in Dictionary(grouping: key.effects, by: \.body) {
      earliest[body] = effects.map(\.time).min()
    }
    return key.calls.compactMap { call in
      guard let answer = call.answer, answer.status == .replayed, let time = earliest[answer.body],
        call.returned < time
      else { return nil }
      return Violation(
        "I4", "\(call.nonce) was replayed at \(call.returned) under \(key.key) what happened at \(time)")
    }
  }

  /// I12: an answer bears the nonce of its own request, a replay that of the request that it repeats.
  func answersEcho(_ key: KeyHistory) -> [Violation] {
    let nonces = Set(key.calls.map(\.nonce) + key.effects.map(\.nonce))
    let performers = Dictionary(grouping: key.effects, by: \.body).mapValues { Set($0.map(\.nonce)) }
    return key.calls.compactMap { call in
      guard let answer = call.answer, let echo = answer.echo else { return nil }
      switch answer.status {
      case .replayed, .notRetained:
        if (performers[answer.body] ?? nonces).contains(echo) { return nil }
      default:
        if echo == call.nonce { return nil }
      }
      return Violation("I12", "\(call.nonce) was answered \(answer.status.rawValue) with the nonce \(echo)")
    }
  }

  /// An answer for a message; bodies can be long.
  static func text(_ answer: History.Call.Answer) -> String { "\(answer.code) \"\(answer.body.prefix(80))\"" }
}

internal import Idempotency

extension HistoryChecker {
  /// I5: states move only along DESIGN's diagram.
  ///
  /// Whose token completes and that attempts do not decrease is I7's, when a lease may be taken over I6's.
  func statesMove(_ key: KeyHistory) -> [Violation] {
    key.changes.compactMap { before, beforeRest, state in
      guard let reason = Self.objection(before, beforeRest, state) else { return nil }
      return Violation(
        "I5", "\(key.key) at \(state.time), \(Self.text(before)) -> \(Self.text(state.head)): \(reason)")
    }
  }

  /// Why no command makes this change; nil if one does.
  private static func objection(_ before: RecordHead?, _ beforeRest: String, _ state: History.State) -> String? {
    guard let before else { return nil }  // reserved, or put back by its owner in whatever state
    guard let head = state.head else { return "no command deletes a record" }
    // A lower attempt stands only because the store forgot the later one.
    if state.isPutBack, head.attempt > before.attempt, !before.state.isCompleted { return nil }
    let sameRest = beforeRest == state.rest
    if before == head, sameRest { return nil }
    switch (before.state, head.state) {
    case (.reserved, .reserved):
      return before.token == head.token
        ? renewed(before, head, sameRest)
        : before.unknownOutcome == .executeAgain
          ? takenOver(before, head) : "only under execute-again is a lease taken over"
    case (.free, .reserved): return takenOver(before, head)
    case (.free, .free):
      var stamped = before
      stamped.token = head.token
      return stamped == head && sameRest ? nil : "a free record changes its token and nothing else"
    case (.reserved, .free):
      return before.token == head.token ? settled(before, head) : "only its owner releases a reservation"
    case (.reserved, .uncertain), (.free, .uncertain):
      return uncertain(before, head)
    case (.reserved, .completed), (.reserved, .notRetained), (.uncertain, .completed), (.uncertain, .notRetained),
      (.uncertain, .free):
      return settled(before, head)
    case (.completed, _), (.notRetained, _): return "what is completed does not change"
    case (.uncertain, _): return "uncertainty ends by completion or by an operator only"
    case (.free, _): return "a free key is reserved before anything else"
    }
  }

  private static func renewed(_ before: RecordHead, _ head: RecordHead, _ sameRest: Bool) -> String? {
    var renewed = before
    renewed.leaseDeadline = max(before.leaseDeadline, head.leaseDeadline)
    return renewed == head && sameRest || head.attempt < before.attempt
      ? nil : "a renewal moves the deadline forward and changes nothing else"
  }

  private static func takenOver(_ before: RecordHead, _ head: RecordHead) -> String? {
    if before.token == head.token { return "a reclaim brings a token of its own" }
    if before.fingerprint != .any, before.fingerprint != head.fingerprint {
      return "only the same fingerprint may follow"
    }
    return head.attempt == before.attempt + 1 || head.attempt < before.attempt
      ? nil : "a reclaim is the next attempt"
  }

  private static func uncertain(_ before: RecordHead, _ head: RecordHead) -> String? {
    if before.token != head.token { return "a record becomes uncertain with the token it bears" }
    if head.leaseDeadline < before.leaseDeadline { return "the deadline moves back" }
    if before.attempt < RecordHead.maximumAttempt, before.state == .free {
      return "a free key becomes uncertain only when attempts have run out"
    }
    if before.attempt < RecordHead.maximumAttempt, before.unknownOutcome == .executeAgain {
      return "nothing becomes uncertain under execute-again"
    }
    return settled(before, head)
  }

  /// Fingerprint and attempt are those of the head that stood there; a free record may admit any fingerprint.
  private static func settled(_ before: RecordHead, _ head: RecordHead) -> String? {
    if head.attempt > before.attempt { return "the attempt counts executions" }
    if head.state == .free, head.fingerprint == .any { return nil }
    return head.fingerprint == before.fingerprint ? nil : "the fingerprint changes"
  }

  /// A head for a message: state, the token's first digits, deadline and attempt.
  static func text(_ head: RecordHead?) -> String {
    guard let head else { return "absent" }
    let state = String(UnicodeScalar(head.state.rawValue))
    return "\(state)(\(head.token.description.prefix(6)), until \(head.leaseDeadline), attempt \(head.attempt))"
  }
}

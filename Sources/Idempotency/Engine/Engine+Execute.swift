extension Engine {
  /// The key is ours as this attempt.
  mutating func prepare(attempt: Int) -> [Action] {
    self.attempt = min(max(attempt, 1), RecordHead.maximumAttempt)
    mayHold = true
    expected = nil  // Only a release behind a reclaim of unknown outcome has anything to overtake.
    phase = .prepared
    return [.prepare]
  }

  /// The shell would run the operation at this moment. Is it still ours to run?
  mutating func ready(_ moment: Moment) -> [Action] {
    if phase == .preparedUnguarded {
      phase = .executingUnguarded
      hasExecuted = true
      return running([.execute(attempt: nil)])
    }
    guard phase == .prepared else { return [] }
    guard lease.mayExecute(at: moment, lease: terms.lease) else {
      // Bounded: where every renewal takes half a lease, the operation would never run and its caller wait for ever.
      guard renewalsBeforeExecution < Self.maximumTries else { return tooLate() }
      renewalsBeforeExecution += 1
      phase = .renewingBeforeExecution
      return sendRenewal(moment)
    }
    phase = .executing
    hasExecuted = true
    lease.renewing = true
    return running([.execute(attempt: attempt), .schedule(.renew, after: terms.lease / 3)])
  }

  /// Bounds how long the operation may be silent, where the policy does.
  private func running(_ actions: [Action]) -> [Action] {
    var actions = actions
    if let timeout = terms.originTimeout { actions.append(.schedule(.silence, after: timeout)) }
    return actions
  }

  /// Whether an outcome that comes now still counts.
  ///
  /// A late truth ends uncertainty; what is still unknown adds nothing. Under ``UnknownOutcome/store`` an answer that
  /// comes late is discarded: another one is being stored, or is.
  package func accepts(_ outcome: OperationOutcome) -> Bool {
    switch phase {
    case .executing, .executingUnguarded: return true
    case .marking, .awaitingLateAnswer:
      if case .unknown = outcome { return false }
      return true
    default: return false
    }
  }

  /// The operation has come to an end, in time or late.
  mutating func operationEnded(_ outcome: OperationOutcome, _ moment: Moment) -> [Action] {
    guard accepts(outcome) else { return operationStaysUnknown() }
    if phase == .executingUnguarded { return conclude(.own(.unguarded, pending: false)) }
    return settle(outcome, moment)
  }

  /// The operation has ended without a late truth: there is none to wait for.
  private mutating func operationStaysUnknown() -> [Action] {
    if phase == .awaitingLateAnswer { return finish() }
    if phase == .marking { pending?.open = false }
    return []
  }

  private mutating func settle(_ outcome: OperationOutcome, _ moment: Moment) -> [Action] {
    failures = 0
    failingSince = nil
    switch outcome {
    case .done(let answer, let retained, let retention):
      return complete(answer, retained: retained, retention: retention, moment)
    case .released:
      return release()
    case .unknown(let answer, let open):
      return unknownOutcome(answer, open: open, moment)
    }
  }

  /// Nobody knows the outcome: what the policy chose, and the record bears, decides.
  private mutating func unknownOutcome(_ answer: StoredAnswer, open: Bool, _ moment: Moment) -> [Action] {
    switch policy.unknownOutcome {
    case .store:
      return complete(answer, retained: true, retention: nil, moment)
    case .hold:
      lease.renewing = false
      pending = PendingSettlement(open: open)
      return markUncertain()
    case .executeAgain:
      // Nothing is written and renewing stops: a retry takes over when the lease is over.
      lease.renewing = false
      return self.answer(.own(.uncertain, pending: false)) + awaitLateAnswer(open: open)
    }
  }

  /// Waits for a late answer while the operation is open, else there is nothing left to do.
  mutating func awaitLateAnswer(open: Bool) -> [Action] {
    guard open else { return finish() }
    phase = .awaitingLateAnswer
    return [.schedule(.lateAnswer, after: terms.lateAnswer)]
  }

  mutating func lateAnswerIsOver() -> [Action] {
    phase == .awaitingLateAnswer ? finish() : []
  }
}

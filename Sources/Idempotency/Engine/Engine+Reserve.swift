extension Engine {
  /// How often a reservation or reclaim is sent before its caller is told 503.
  ///
  /// Three: one lost reply must not cost the caller its request, two in a row may be a connection that took both down,
  /// and a caller should not wait for more than three store time-outs.
  static var maximumTries: Int { 3 }

  mutating func start(_ moment: Moment) -> [Action] {
    guard phase == .idle else { return [] }
    guard let now = moment.server else {
      let reason =
        "the store's clock is not known: it has not told its time, told it too slowly, or told one that cannot be"
      return unavailable(StoreFailure(.notSent, reason), moment)
    }
    anchor = (moment.boot, now)
    created = now
    lease.deadline = now + terms.lease
    lease.basis = .sent(moment.boot)
    return reserve()
  }

  /// Sends the reservation, always with the same token and deadline.
  mutating func reserve() -> [Action] {
    phase = .reserving
    return [.send(.reserve(record: reservation, ttl: terms.reservation))]
  }

  /// The record as this owner's reservation has it.
  var reservation: Record {
    Record(head: head(.reserved), metadata: metadata)
  }

  func head(_ state: RecordState) -> RecordHead {
    RecordHead(
      state: state, token: token, fingerprint: fingerprint, leaseDeadline: lease.deadline, attempt: attempt,
      unknownOutcome: policy.unknownOutcome)
  }

  var metadata: RecordMetadata {
    RecordMetadata(
      worker: worker, created: created, originTimeout: terms.originTimeout,
      lateAnswer: policy.unknownOutcome == .store ? nil : terms.lateAnswer)
  }

  /// A reservation or reclaim has no reply.
  mutating func takeFailed(_ failure: StoreFailure, _ moment: Moment) -> [Action] {
    switch failure.kind {
    case .unknown:
      mayHold = true
      failures += 1
      if failures < Self.maximumTries { return phase == .reserving ? reserve() : reclaimAgain() }
      return unavailable(failure, moment)
    case .notSent:
      return unavailable(failure, moment)
    case .refused(.other):
      return unavailable(failure, moment)
    case .refused:
      // What needs no write can still be answered: the first answer, a mismatch, a living lease.
      readOnly = failure
      phase = .reading
      return [.send(.read)]
    }
  }

  /// Nothing was executed and nothing will be.
  ///
  /// What we may hold is released behind the caller's back.
  mutating func unavailable(_ failure: StoreFailure, _ moment: Moment) -> [Action] {
    // Not where a reservation of ours may stand, by which others will judge the key, nor after somebody else's attempt.
    if policy.onUnavailable == .execute, !mayHold, !tainted {
      phase = .preparedUnguarded
      return [.prepare]
    }
    let answer = answer(.unavailable(failure))
    return mayHold ? answer + releaseNow() : answer + finish()
  }
}

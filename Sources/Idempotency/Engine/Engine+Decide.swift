extension Engine {
  /// The store has said what stands under the key.
  mutating func decide(_ reply: StoreReply, _ moment: Moment) -> [Action] {
    failures = 0
    switch reply {
    case .granted:
      // The first, or one more than that of a record that vanished between read and reclaim: it never decreases.
      return prepare(attempt: attempt)
    case .reclaimed(let attempt):
      return prepare(attempt: attempt)
    case .absent:
      if let readOnly { return unavailable(readOnly, moment) }
      return anotherRound() ? reserve() : conclude(.inProgress)
    case .record(let record) where record.head.token == token:
      return decideOwn(record, moment)
    case .record(let record):
      return decideForeign(record, moment)
    case .nowUncertain:
      return conclude(.uncertain)
    case .settled:
      return conclude(lost.map(Answer.settled) ?? .uncertain)
    case .unreadable:
      return conclude(.unreadable)
    case .outcome:
      return conclude(.unreadable)  // No reply to these commands; a store that gives it is broken.
    }
  }

  /// The record bears our token: an earlier copy of our reservation arrived, its reply was lost.
  private mutating func decideOwn(_ record: StoredRecord, _ moment: Moment) -> [Action] {
    switch record.head.state {
    case .reserved:
      mayHold = true
      // It is ours, but a store that takes no writes gets no first attempt (rule X12).
      if let readOnly { return unavailable(readOnly, moment) }
      lease.basis = .ownRecord(deadline: record.head.leaseDeadline)
      lease.deadline = record.head.leaseDeadline
      return prepare(attempt: record.head.attempt)
    case .uncertain:
      // Somebody found our lease over. Nothing was sent, so the key can be free again.
      mayHold = true
      attempt = record.head.attempt
      return unavailable(StoreFailure(.unknown, "the reservation took longer than its lease"), moment)
    case .completed, .notRetained, .free:
      return decideForeign(record, moment)
    }
  }

  /// The order of the answers is part of the contract: mismatch, then C and T, U, R with a living lease.
  private mutating func decideForeign(_ record: StoredRecord, _ moment: Moment) -> [Action] {
    let head = record.head
    if head.fingerprint != fingerprint, !(head.state == .free && head.fingerprint == .any) {
      let answer = mismatched(record, moment)
      if case .inProgress = answer { return inProgress(head, moment) }
      return conclude(answer)
    }
    switch head.state {
    case .completed: return conclude(.replay(record))
    case .notRetained: return conclude(.notRetained(record))
    case .uncertain: return conclude(.uncertain)
    case .reserved where isLive(head, moment): return inProgress(head, moment)
    case .reserved, .free: return takeOver(head, moment)
    }
  }

  /// What another fingerprint gets.
  ///
  /// It changes nothing in any case.
  private func mismatched(_ record: StoredRecord, _ moment: Moment) -> Answer {
    guard policy.onMismatch == .replay else { return .mismatch }
    switch record.head.state {
    case .completed: return .replay(record)
    case .notRetained: return .notRetained(record)
    case .reserved: return isLive(record.head, moment) ? .inProgress : .uncertain
    case .uncertain: return .uncertain
    case .free: return .mismatch
    }
  }

  /// Whether a lease lives, by the upper bound of the store's time.
  ///
  /// Whether it is really over only reclaim decides.
  private func isLive(_ head: RecordHead, _ moment: Moment) -> Bool {
    guard let now = moment.server else { return true }
    return now < head.leaseDeadline + (phase == .waiting ? Self.leaseMargin : 0)
  }

  /// A free key, or one whose lease is over: reclaim it from exactly what was read.
  private mutating func takeOver(_ head: RecordHead, _ moment: Moment) -> [Action] {
    tainted = head.state == .reserved || head.fingerprint != .any
    if let readOnly { return unavailable(readOnly, moment) }
    guard let now = moment.server, anotherRound() else { return conclude(.inProgress) }
    phase = .reclaiming
    expected = head.token
    expectedState = head.state
    attempt = min(head.attempt + 1, RecordHead.maximumAttempt)
    created = now
    lease.deadline = now + terms.lease
    lease.basis = .sent(moment.boot)
    lost = head.state == .reserved && head.unknownOutcome == .store ? standIn(.lostExecutor) : nil
    return reclaimAgain()
  }

  /// Sends the reclaim, also again: the same token, deadline and expectation.
  mutating func reclaimAgain() -> [Action] {
    guard let expected else { return [] }
    return [
      .send(
        .reclaim(
          expected: expected, expectedState: expectedState, record: reservation,
          ttl: lost == nil ? terms.reservation : terms.retention,
          uncertainTTL: terms.uncertainRetention, lost: lost.map { completion(of: $0, at: created) }))
    ]
  }

  /// Counts a round in which the record changed under our hands; false when there were enough.
  ///
  /// After waiting there is one.
  private mutating func anotherRound() -> Bool {
    rounds += 1
    return rounds <= (hasWaited ? 1 : 2)
  }
}

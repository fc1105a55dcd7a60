internal import NIOCore

extension Engine {
  /// The longest pause between two tries to settle a key whose store is away.
  ///
  /// 2 s: the longest reconnect backoff, so a store that is back is found at once, and inside `settle` (5 s).
  static var longestPause: Int64 { 2_000 }

  /// Stores the operation's answer, or that it is done.
  mutating func complete(_ answer: StoredAnswer, retained: Bool, retention: Int64?, _ moment: Moment) -> [Action] {
    let open = pending?.open ?? false
    pending = PendingSettlement(
      answer: answer, retained: retained, retention: terms.retention(askedFor: retention),
      completed: serverTime(moment), open: open)
    phase = .completing
    return sendCompletion()
  }

  private func sendCompletion() -> [Action] {
    guard let pending, let answer = pending.answer else { return [] }
    var record = completion(of: answer, at: pending.completed)
    if !pending.retained {
      record.head.state = .notRetained
      record.body.clear()
    }
    return [
      .send(.complete(token: token, ownDeadline: lease.deadline, record: record, ttl: pending.retention))
    ]
  }

  /// The record that stores an answer.
  func completion(of answer: StoredAnswer, at now: Int64) -> Record {
    var metadata = metadata
    metadata.completed = RecordMetadata.time(now)
    metadata.status = answer.status
    metadata.fields = RecordMetadata.oneLineEach(answer.fields)
    return Record(head: head(.completed), metadata: metadata, body: answer.body)
  }

  mutating func completeReplied(_ reply: StoreReply, _ moment: Moment) -> [Action] {
    switch reply {
    case .outcome(.applied), .outcome(.already), .outcome(.restored):
      return conclude(.own(.executed, pending: false))
    case .unreadable, .outcome(.unreadable):
      return conclude(.unreadable)
    default:
      // The key is not ours any more: this answer is discarded, and what stands there is the answer.
      if answered { return finish() }
      phase = .readingAfterLoss
      return [.send(.read)]
    }
  }

  mutating func recordAfterLoss(_ reply: StoreReply) -> [Action] {
    guard case .record(let record) = reply else {
      return conclude(reply == .unreadable ? .unreadable : superseded)
    }
    // An operator's release can have let another operation take the key: its answer is not for this caller.
    let foreign = record.head.fingerprint != fingerprint && policy.onMismatch == .reject
    switch record.head.state {
    case .completed: return conclude(foreign ? .uncertain : .replay(record))
    case .notRetained: return conclude(foreign ? .uncertain : .notRetained(record))
    case .reserved: return conclude(.inProgress)
    case .uncertain: return conclude(.uncertain)
    case .free: return conclude(superseded)
    }
  }

  /// Nothing is known under the key.
  ///
  /// An operation that had no effect can still say so.
  var superseded: Answer {
    pending?.answer == nil ? .own(.released, pending: false) : .superseded
  }

  mutating func markUncertain() -> [Action] {
    phase = .marking
    return [
      .send(
        .markUncertain(
          token: token, record: Record(head: head(.uncertain), metadata: metadata), ttl: terms.uncertainRetention))
    ]
  }

  /// The mark stands, or somebody else's decision does; either way the caller's outcome is unknown.
  mutating func marked(_ moment: Moment) -> [Action] {
    answer(.own(.uncertain, pending: false)) + awaitLateAnswer(open: pending?.open ?? false)
  }

  /// A command that settles the key has no reply: the caller does not wait for ever, the command is sent again.
  ///
  /// For as long as a reservation stands: then the store has none of this key any more, and what the command would
  /// have kept from being done twice is as old as an answer that nobody replays.
  mutating func settleFailed(_ failure: StoreFailure, _ moment: Moment) -> [Action] {
    failures += 1
    // Nobody waits any more where the caller has its answer, and a store that refuses will refuse again.
    var patience = answered ? 1 : 2
    if case .refused = failure.kind { patience = 1 }
    if failures < patience { return resend(moment) }
    let began = failingSince ?? moment.boot
    failingSince = began
    guard moment.boot.milliseconds(since: began) < terms.reservation else { return finish() }
    retrying = phase
    let pause = min(50 << Int64(min(failures - 1, 6)), Self.longestPause)
    return answer(.own(standing, pending: true)) + [.schedule(.retry, after: pause)]
  }

  private var standing: Standing {
    switch phase {
    case .completing: .executed
    case .releasing: .released
    default: .uncertain
    }
  }

  mutating func retry(_ moment: Moment) -> [Action] {
    guard retrying == phase else { return [] }  // The exchange has moved on, as a late answer moves a mark on.
    retrying = nil
    return resend(moment)
  }

  private mutating func resend(_ moment: Moment) -> [Action] {
    switch phase {
    case .completing: sendCompletion()
    case .marking: markUncertain()
    case .releasing: release()
    default: []
    }
  }

  /// Bytes of an answer that is held while the store does not take it.
  public var pendingBytes: Int { pending?.answer?.body.readableBytes ?? 0 }

  /// Lets go of that answer: only that the operation is done will be stored.
  public mutating func dropPendingBody() {
    pending?.retained = false
    pending?.answer?.body.clear()
  }
}

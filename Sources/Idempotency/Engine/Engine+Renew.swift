extension Engine {
  /// Renews the lease now, and puts the reservation back if the store lost it.
  mutating func sendRenewal(_ moment: Moment) -> [Action] {
    let deadline = serverTime(moment) + terms.lease
    lease.renewal = (moment.boot, deadline)
    // The record keeps the deadline that was last acknowledged: by it an owner under execute-again may put back.
    return [.send(.renew(token: token, deadline: deadline, record: reservation, ttl: terms.reservation))]
  }

  /// A third of the lease has passed.
  mutating func renewIsDue(_ moment: Moment) -> [Action] {
    guard lease.renewing, phase == .executing || phase == .completing else { return [] }
    let next: Action = .schedule(.renew, after: terms.lease / 3)
    // The one before has no reply yet: its connection's time-out comes before the lease ends.
    return lease.renewal == nil ? sendRenewal(moment) + [next] : [next]
  }

  mutating func renewReplied(_ reply: StoreReply, _ moment: Moment) -> [Action] {
    guard let renewal = lease.renewal else { return [] }
    lease.renewal = nil
    switch reply {
    case .outcome(.applied), .outcome(.already), .outcome(.restored):
      lease.basis = .sent(renewal.sent)
      lease.deadline = max(lease.deadline, renewal.deadline)
      if phase == .renewingBeforeExecution { return prepare(attempt: attempt) }
      return []
    default:
      // Somebody took over, or decided. What runs goes on: it may still complete, and the script has the last word.
      lease.renewing = false
      return phase == .renewingBeforeExecution ? tooLate() : []
    }
  }

  mutating func renewFailed() -> [Action] {
    lease.renewal = nil
    return phase == .renewingBeforeExecution ? tooLate() : []
  }

  /// The operation was not sent and will not be.
  mutating func tooLate() -> [Action] {
    let failure = StoreFailure(.unknown, "the reservation could not be confirmed in time; nothing was executed")
    return answer(.unavailable(failure)) + releaseNow()
  }

  /// Frees what this exchange may hold.
  mutating func releaseNow() -> [Action] {
    failures = 0
    failingSince = nil
    return release()
  }
}

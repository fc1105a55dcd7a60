/// Waiting for another's execution (rule E18): woken by changes, with a slow poll behind, and never longer than the bound.
///
/// A waiter reads, and nothing else: the owner's record is not touched. Whenever it has read it decides anew, as a new
/// request would; it reserves or reclaims at most once, and is then told in-progress as if it had never waited.
extension Engine {
  /// The slow poll behind the changes that may stay untold, in milliseconds.
  ///
  /// 1 s: a store that tells nothing costs a waiter one second at most, and a thousand waiters a thousand reads.
  static var pollInterval: Int64 { 1_000 }

  /// The least pause between two polls in milliseconds, however soon a lease is over.
  static var shortestPoll: Int64 { 5 }

  /// How much longer than its deadline a waiter takes a lease to live, in milliseconds.
  ///
  /// 200: the upper bound of the store's time may be ahead of it by 160 (100 of a round trip, 60 of drift), and a
  /// reclaim that comes too early is the only one that a waiter has. By more only where no good sample of that time came
  /// for minutes: then a waiter may be told that the operation still runs a moment after its lease.
  static var leaseMargin: Int64 { 200 }

  /// How many of one key's requests may wait in one process at a time; whoever comes on top is told in-progress at once.
  ///
  /// 100: a caller that retries has one or two of them there. A hundred are a crowd behind one key, and each holds its
  /// request's body and is woken, and reads the record, with all the others. Shells count them.
  package static var maximumWaiters: Int { 100 }

  /// Another one runs the operation: waits for it if the policy, and the caller, want that.
  mutating func inProgress(_ head: RecordHead, _ moment: Moment) -> [Action] {
    // Should the store lose the record, the attempt still does not decrease, nor is the operation known to be unbegun.
    if phase == .waiting { return goOnWaiting(head, moment) }
    guard let bound = terms.waitUpTo, !hasWaited, !callerHasLeft else { return conclude(.inProgress) }
    phase = .waiting
    hasWaited = true
    rounds = 0
    // What was refused before may be taken after: then it is asked for anew, as by a new request.
    readOnly = nil
    expected = nil
    waiting = Waiting()
    return [.watch, .schedule(.wait, after: bound)] + goOnWaiting(head, moment)
  }

  private mutating func goOnWaiting(_ head: RecordHead, _ moment: Moment) -> [Action] {
    attempt = min(head.attempt + 1, RecordHead.maximumAttempt)
    let rest = moment.server.map { head.leaseDeadline + Self.leaseMargin - $0 } ?? Self.pollInterval
    return pollLater(after: rest)
  }

  /// The next read, at once if the record has changed since the last one was sent.
  private mutating func pollLater(after rest: Int64) -> [Action] {
    if waiting.hasChanged { return readAgain() }
    return [.schedule(.poll, after: max(Self.shortestPoll, min(rest, Self.pollInterval)))]
  }

  /// The record has changed, or it is time to look.
  mutating func changed() -> [Action] {
    guard phase == .waiting else { return [] }
    if waiting.isReading {
      waiting.hasChanged = true
      return []
    }
    return readAgain()
  }

  /// It is time to look; a read that is on its way does that.
  mutating func pollIsDue() -> [Action] {
    phase == .waiting && !waiting.isReading ? readAgain() : []
  }

  private mutating func readAgain() -> [Action] {
    waiting.isReading = true
    waiting.hasChanged = false
    return [.send(.read)]
  }

  /// What stands under the key now; whatever it is but the same execution, waiting is over.
  mutating func waitedRead(_ reply: StoreReply, _ moment: Moment) -> [Action] {
    waiting.isReading = false
    waiting.failure = nil
    // A reservation or reclaim of this moment; its lease begins with it.
    if reply == .absent { reserveAnew(moment) }
    let actions = decide(reply, moment)
    return phase == .waiting ? actions : [.unwatch] + actions
  }

  /// The record is gone: nobody knows what became of the operation that was waited for.
  private mutating func reserveAnew(_ moment: Moment) {
    tainted = true
    let now = serverTime(moment)
    created = now
    lease.deadline = now + terms.lease
    lease.basis = .sent(moment.boot)
  }

  mutating func waitedReadFailed(_ failure: StoreFailure) -> [Action] {
    waiting.isReading = false
    waiting.failure = failure
    return pollLater(after: Self.pollInterval)
  }

  /// The bound is reached.
  mutating func waitIsOver() -> [Action] {
    guard phase == .waiting else { return [] }
    return [.unwatch] + conclude(waiting.failure.map(Answer.unavailable) ?? .inProgress)
  }

  /// The caller has left, or may have (rule W9).
  ///
  /// An exchange that only waits has started nothing and holds nothing. It ends with the answer that it would have had at
  /// its bound: the answer is counted, and a caller that is still there reads it. An exchange that holds the key, or may
  /// hold it, goes on as if its caller were there (rule X9).
  mutating func callerLeft() -> [Action] {
    callerHasLeft = true
    return waitIsOver()
  }
}

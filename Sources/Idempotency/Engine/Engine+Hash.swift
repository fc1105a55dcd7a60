/// What tells two engines of one request apart, for a search that goes through every state and none twice.
extension Engine {
  /// Feeds what ``handle(_:at:)`` changes and decides by, all times as seen from a moment: runs that differ in nothing
  /// but when they began are the same.
  ///
  /// Left out, because nothing in a short run is decided by them: when the request came, when the store's clock was known
  /// first, and since when a command has been failing. A variable that is added must be added here; a test counts them.
  package func hash(into hasher: inout Hasher, at moment: Moment) {
    func age(_ instant: BootInstant) -> Int64 { min(moment.boot.milliseconds(since: instant), 2 * terms.lease) }
    func rest(_ deadline: Int64) -> Int64 { max(deadline - (moment.server ?? 0), -2 * terms.lease) }
    hasher.combine(phase)
    hasher.combine(answered)
    hasher.combine(failures)
    hasher.combine(rounds)
    hasher.combine(mayHold)
    hasher.combine(readOnly)
    hasher.combine(expected)
    hasher.combine(expectedState)
    hasher.combine(tainted)
    switch lease.basis {
    case .sent(let instant): hasher.combine(age(instant))
    case .ownRecord(let deadline): hasher.combine(-1_000_000 + rest(deadline))
    case nil: hasher.combine(-1)
    }
    hasher.combine(rest(lease.deadline))
    hasher.combine(lease.renewal.map { age($0.sent) })
    hasher.combine(lease.renewal.map { rest($0.deadline) })
    hasher.combine(lease.renewing)
    hasher.combine(attempt)
    hasher.combine(retrying)
    hasher.combine(renewalsBeforeExecution)
    hasher.combine(hasExecuted)
    hasher.combine(pending?.answer)
    hasher.combine(pending?.retained)
    hasher.combine(pending?.open)
    hasher.combine(stoodIn)
    hasher.combine(hasWaited)
    hasher.combine(waiting)
    hasher.combine(lost)
    hasher.combine(callerHasLeft)
  }

  /// How many variables an engine has of which ``hash(into:at:)`` knows.
  package static var hashedVariableCount: Int { 23 }
}

import Idempotency

extension PolicyReader {
  /// A second: a caller that waits less may as well be told at once; ten minutes: no client waits that long.
  private static let waits = Duration.seconds(1)...Duration.seconds(600)
  /// A day: whatever comes later is for an operator.
  private static let lateAnswers = Duration.zero...Duration.seconds(86_400)
  /// Two of the shortest leases, and ten years: longer than accounts are kept.
  private static let retentions = ExecutionPolicy.leases.lowerBound * 2...Duration.seconds(3_650 * 86_400)

  /// Reads what is decided about outcomes, and for how long.
  func readExecution(_ execution: inout ExecutionPolicy) {
    execution.onMismatch = section.choice(
      "onMismatch", ["reject": .reject, "replay": .replay], default: execution.onMismatch)
    execution.onInProgress = inProgress()
    execution.unknownOutcome = section.choice(
      "onUnknownOutcome", ["hold": .hold, "store": .store, "execute-again": .executeAgain],
      default: execution.unknownOutcome)
    execution.lateAnswer = section.duration("lateAnswer", default: execution.lateAnswer, in: Self.lateAnswers)
    execution.lease = section.duration("lease", default: execution.lease, in: ExecutionPolicy.leases)
    execution.retention = retention("retention", default: execution.retention, lease: execution.lease)
    execution.uncertainRetention = retention(
      "uncertainRetention", default: execution.uncertainRetention, lease: execution.lease)
    execution.originTimeout = originTimeout
    execution.onUnavailable = onUnavailable
  }

  private func inProgress() -> ExecutionPolicy.InProgressRule {
    let usual = Duration.seconds(5)
    let waits = section.choice("onInProgress", ["reject": false, "wait": true], default: false)
    let bound = section.duration("waitUpTo", default: usual, in: Self.waits)
    if !waits, bound != usual {
      section.fail("waitUpTo", "is given though nobody waits; expected onInProgress: wait too")
    }
    return waits ? .wait(upTo: bound) : .reject
  }

  /// At least two leases: an answer must not vanish while somebody may still wait for the lease to end.
  private func retention(_ key: String, default: Duration, lease: Duration) -> Duration {
    let retention = section.duration(key, default: `default`, in: Self.retentions)
    guard retention < lease * 2, !section.context.contains(section.name(key)) else { return retention }
    let (now, least) = (DurationText.describe(retention), DurationText.describe(lease * 2))
    if section.node(key) == nil {
      section.fail("lease", "leaves \(key) at \(now); expected \(key) to be at least two leases (\(least))")
    } else {
      section.fail(key, "is \(now); expected at least two leases (\(least))")
    }
    return lease * 2
  }
}

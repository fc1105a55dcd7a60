/// A policy's times in the store's unit, milliseconds, worked out once for an exchange.
struct Terms: Sendable {
  let lease: Int64
  /// At least two leases: an answer must not vanish while somebody may still wait for the lease to end.
  let retention: Int64
  let uncertainRetention: Int64
  let originTimeout: Int64?
  let lateAnswer: Int64
  /// How long another's execution is waited for; nil is not at all.
  let waitUpTo: Int64?
  /// The TTL of a reservation: it cannot end while a lease lives, and under hold not before an operator has had time.
  let reservation: Int64

  init(_ policy: ExecutionPolicy, wish: Duration? = nil) {
    lease = min(max(policy.lease, ExecutionPolicy.leases.lowerBound), ExecutionPolicy.leases.upperBound).milliseconds
    retention = max(policy.retention.milliseconds, 2 * lease)
    uncertainRetention = max(policy.uncertainRetention.milliseconds, 2 * lease)
    originTimeout = policy.originTimeout?.milliseconds
    lateAnswer = policy.lateAnswer.milliseconds
    var bound: Int64 = 0
    if case .wait(let policyBound) = policy.onInProgress {
      bound = min(policyBound, wish ?? policyBound).milliseconds
    }
    waitUpTo = bound > 0 ? bound : nil
    reservation = max(retention, policy.unknownOutcome == .hold ? uncertainRetention : 0)
  }

  /// How long an answer is replayed for which the operation itself asked for a time, in milliseconds.
  ///
  /// No longer than a policy can say: a store refuses what overflows its clock, and would refuse it for ever.
  func retention(askedFor retention: Int64?) -> Int64 {
    max(min(retention ?? self.retention, RecordMetadata.times.upperBound), 2 * lease)
  }
}

extension Duration {
  /// Whole milliseconds, rounded down, 0 or more; at most three centuries, so that no sum overflows.
  var milliseconds: Int64 {
    let seconds = min(max(components.seconds, 0), 9_999_999_999)
    return seconds * 1_000 + max(components.attoseconds, 0) / 1_000_000_000_000_000
  }
}

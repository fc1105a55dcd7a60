public import Idempotency

/// What a simulated run consists of.
public struct SimulationSettings: Sendable, Hashable {
  /// What nodes choose for unknown outcomes; nil where some hold and some execute again.
  public var unknownOutcome: UnknownOutcome?
  /// Nodes that share the store.
  public var nodes = 1...4
  /// Clients; each wants one operation done, and retries until it knows that it is.
  public var clients = 1...6
  /// Keys that the clients share.
  public var keys = 1...3
  /// For how long faults happen, in milliseconds, beside the time for which the store is away.
  public var faults: ClosedRange<Int64> = 5_000...30_000
  /// A deliberate mistake; nil for the real engine.
  public var mutation: SimulationMutation?

  /// Makes settings.
  /// - Parameters:
  ///   - unknownOutcome: What nodes choose for unknown outcomes; nil where some hold and some execute again.
  ///   - mutation: A deliberate mistake, to see that the checks notice.
  public init(unknownOutcome: UnknownOutcome?, mutation: SimulationMutation? = nil) {
    self.unknownOutcome = unknownOutcome
    self.mutation = mutation
  }

  /// The lease, in milliseconds: a run of half a minute sees ten of them.
  static let lease: Int64 = 3_000
  /// How long the store's clients wait for a reply, in milliseconds.
  static let storeTimeout: Int64 = 200
  /// How long an operation may be silent, in milliseconds.
  static let originTimeout: Int64 = 2_000
  /// The same in runs whose operations take long: longer than most outages and a lease.
  static let longOriginTimeout: Int64 = 40_000
  /// How long a late answer is waited for, in milliseconds.
  static let lateAnswer: Int64 = 8_000
  /// How long nodes wait for each other after the store has changed, in milliseconds, as the Redis store does.
  static let settle: Int64 = 5_000
  /// How long before the last contact an outcome must have been acknowledged to be put back, in milliseconds, as the Redis
  /// store has it.
  static let window: Int64 = 5_000
  /// The longest pause of a client of the store before it connects again, in milliseconds.
  static let backoff: Int64 = 2_000
  /// The most that a store's clock is off, in milliseconds.
  static let clockOffset: Int64 = 60_000
  /// The first moment of a run by the store's clock, Unix milliseconds.
  static let epoch: Int64 = 1_700_000_000_000
}

/// A deliberate mistake of a simulated node or store.
///
/// A checker that never fails proves nothing: a test runs each and must see it caught.
public enum SimulationMutation: Sendable, Hashable, CaseIterable {
  /// The store completes whatever token stands there.
  case completeIgnoresToken
  /// A reservation is sent again with a new token.
  case newTokenOnResend
  /// A node's clock does not count the time for which it was suspended before it could run the operation.
  case clockStopsInSuspension
  /// A request forgets that it has waited, and waits again.
  case forgetsThatItWaited
  /// An operation that has had its effect is released.
  case releaseAfterSuccess
  /// Leases are judged, and written, by the node's own wall clock.
  case localClock
  /// Nothing is put back into a store that has forgotten its last writes.
  case nothingPutBack
  /// Releases are not put back.
  case releasesNotPutBack
  /// Nothing is put back over an earlier attempt's record.
  case earlierAttemptStays
  /// Owners go on in a history that has not settled, whether they have put anything back or not.
  case everyOwnerGoesOn
  /// Outcomes age while the store is away: those acknowledged a window before the reconnection are not put back.
  case outcomesAgeInOutages
  /// A reservation whose lease is over is not put back, though its operation runs.
  case lapsedNotPutBack
  /// What was put back is not remembered anew: a second loss finds it too old.
  case putBackNotRemembered
  /// What a connection of the old history still says counts after the new one is known.
  case repliesOfOldHistory
  /// The gate opens before what this process holds is back, and without waiting for others.
  case opensAtOnce
}

/// How long things last for a key, and what is decided when its outcome is not known.
///
/// The part of a policy that the engine needs; nothing in it is about HTTP.
public struct ExecutionPolicy: Sendable, Hashable {
  /// What becomes of a key whose outcome nobody knows.
  ///
  /// It is written into the record.
  public var unknownOutcome: UnknownOutcome = .hold
  /// What a request gets whose key was used with another fingerprint.
  public var onMismatch: MismatchRule = .reject
  /// What a request gets while another one runs its operation.
  public var onInProgress: InProgressRule = .reject
  /// What happens when the store cannot be reached before the operation runs.
  public var onUnavailable: UnavailableRule = .reject
  /// How long an owner that is never heard of again keeps its key.
  ///
  /// Renewed every third of it.
  ///
  /// 30 s: several store time-outs and a long garbage collection or suspension fit in, and a caller whose worker
  /// died waits no longer than most clients' own time-out. One outside ``leases`` counts as the nearest within.
  public var lease = Duration.seconds(30)
  /// How long an answer is replayed, counted from completion.
  ///
  /// At least two leases.
  public var retention = Duration.seconds(24 * 3_600)
  /// How long an uncertain key waits for an operator.
  public var uncertainRetention = Duration.seconds(7 * 24 * 3_600)
  /// How long the operation may be silent; nil is for ever.
  public var originTimeout: Duration?
  /// How long an answer is waited for after its caller was told that none came.
  public var lateAnswer = Duration.seconds(300)

  /// The leases that can be kept.
  ///
  /// 30 ms: a third of it is a round trip to a store nearby. 24 h: a longer one only delays what follows a crash.
  public static let leases = Duration.milliseconds(30)...Duration.seconds(86_400)

  /// What a request gets whose key was used with another fingerprint.
  public enum MismatchRule: Sendable, Hashable {
    /// It is refused (422).
    case reject
    /// It gets the first answer, as some published APIs promise.
    case replay
  }

  /// What a request gets while another one runs its operation (rules E2, E18).
  public enum InProgressRule: Sendable, Hashable {
    /// It is refused (409).
    case reject
    /// It waits for the first answer for at most so long, then it is refused.
    case wait(upTo: Duration)
  }

  /// What happens when the store cannot be reached before the operation runs.
  public enum UnavailableRule: Sendable, Hashable {
    /// The request is refused (503); nothing runs.
    case reject
    /// The operation runs unguarded: duplicates become possible.
    case execute
  }

  /// Makes a policy of defaults.
  public init() {}
}

/// The errors this layer answers with, as RFC 9457 problem types (rule E12).
public enum Problem: String, Sendable, CaseIterable {
  /// A key is required and absent (rule A2).
  case keyMissing = "key-missing"
  /// The key is not one (rules K2 to K9, K12).
  case keyMalformed = "key-malformed"
  /// The body is not the JSON that the fingerprint needs.
  case requestMalformed = "request-malformed"
  /// The path is one of several spellings of a guarded path, and routers disagree about it (rule A1).
  case pathAmbiguous = "path-ambiguous"
  /// The host is one of several spellings of a guarded host, or absent, and servers disagree about it (rule W4).
  case hostAmbiguous = "host-ambiguous"
  /// No policy takes a key here, and the configuration says that this is an error.
  case keyUnexpected = "key-unexpected"
  /// Nobody knows whose key this is (rule A5).
  case principalMissing = "principal-missing"
  /// The body is larger than the policy's limit.
  case requestTooLarge = "request-too-large"
  /// Same key, other request (rules F1, F2).
  case keyReused = "key-reused"
  /// The first request still runs (rule E2).
  case inProgress = "in-progress"
  /// Nobody knows whether the operation had its effect.
  case outcomeUncertain = "outcome-uncertain"
  /// Done; the answer was too large to be kept, or a stream (rule E16).
  case responseNotRetained = "response-not-retained"
  /// What stands in the store is no record (rule X14).
  case recordUnreadable = "record-unreadable"
  /// The executor was lost, and the policy stores that.
  case outcomeLost = "outcome-lost"
  /// The record was written by a newer version (rule X14).
  case recordTooNew = "record-too-new"
  /// This node drains, its service does not run, or it holds as much as it may (rule W9).
  case notReady = "not-ready"
  /// The origin was not reached (rule X10).
  case originUnreachable = "origin-unreachable"
  /// The store was not reached, or takes no writes (rules X4, X12).
  case storeUnavailable = "store-unavailable"
  /// The origin was silent (rule X10).
  case originTimeout = "origin-timeout"
  /// The origin broke off (rule X10).
  case originFailed = "origin-failed"

  /// The status, unless the policy sets another.
  public var status: Int {
    switch self {
    case .keyMissing, .keyMalformed, .requestMalformed, .pathAmbiguous, .hostAmbiguous, .keyUnexpected: 400
    case .principalMissing: 401
    case .inProgress, .outcomeUncertain, .responseNotRetained: 409
    case .requestTooLarge: 413
    case .keyReused: 422
    case .recordUnreadable, .outcomeLost: 500
    case .originUnreachable, .originFailed: 502
    case .recordTooNew, .notReady, .storeUnavailable: 503
    case .originTimeout: 504
    }
  }

  /// The problem's title, the same for every occurrence.
  public var title: String {
    switch self {
    case .keyMissing: "Idempotency-Key is missing"
    case .keyMalformed: "Idempotency-Key is malformed"
    case .requestMalformed: "Request body is not valid JSON"
    case .pathAmbiguous: "Request path is ambiguous"
    case .hostAmbiguous: "Request host is ambiguous"
    case .keyUnexpected: "Idempotency-Key is not accepted here"
    case .principalMissing: "Caller is not identified"
    case .requestTooLarge: "Request is too large to be fingerprinted"
    case .keyReused: "Idempotency-Key is already used"
    case .inProgress: "A request is outstanding for this Idempotency-Key"
    case .outcomeUncertain: "The outcome of this operation is not known"
    case .responseNotRetained: "The operation is done and its response was not retained"
    case .recordUnreadable: "The stored record cannot be read"
    case .outcomeLost: "The executor was lost; the outcome is not known"
    case .recordTooNew: "The stored record needs a newer version"
    case .notReady: "This node is not accepting requests"
    case .originUnreachable: "The origin was not reached; this request was not executed"
    case .storeUnavailable: "The idempotency store is unavailable; this request was not executed"
    case .originTimeout, .originFailed: "The origin gave no whole answer; the outcome is not known"
    }
  }

  /// Whether the same request with the same key can fare better.
  public var isRetryable: Bool {
    switch self {
    case .inProgress, .outcomeUncertain, .recordTooNew, .notReady, .originUnreachable, .storeUnavailable,
      .originTimeout, .originFailed:
      true
    default: false
    }
  }

  /// Whether no attempt under this key can have had an effect.
  ///
  /// - Parameter policy: Under ``UnknownOutcome/executeAgain`` an earlier attempt can always have had one.
  /// - Returns: Whether a caller may take a new key for the same operation.
  func isNewKeySafe(_ policy: UnknownOutcome) -> Bool {
    switch self {
    case .keyMissing, .keyMalformed, .requestMalformed, .pathAmbiguous, .hostAmbiguous, .keyUnexpected: true
    case .originUnreachable: policy != .executeAgain
    default: false
    }
  }

  /// How long a caller is asked to wait, in seconds: 1, a time in which most operations end and stores come back.
  var retryAfter: Int? {
    switch self {
    case .inProgress, .recordTooNew, .notReady, .originUnreachable, .storeUnavailable: 1
    default: nil
    }
  }

  /// What the answer carries in `Idempotency-Status`.
  var label: IdempotencyStatus {
    switch self {
    case .keyMissing, .keyMalformed, .requestMalformed, .pathAmbiguous, .hostAmbiguous, .keyUnexpected,
      .principalMissing,
      .requestTooLarge:
      .rejected
    case .keyReused: .mismatch
    case .inProgress: .inProgress
    case .outcomeUncertain, .originTimeout, .originFailed, .outcomeLost: .uncertain
    case .responseNotRetained: .notRetained
    case .recordUnreadable, .recordTooNew, .notReady, .storeUnavailable: .failed
    case .originUnreachable: .released
    }
  }
}

import Idempotency

// Places in `allCases`, so that a handle is found by index; what the compiler makes of an enumeration's cases is not to
// be had otherwise.

extension IdempotencyStatus {
  /// The status's place in `allCases`.
  var ordinal: Int {
    switch self {
    case .executed: 0
    case .released: 1
    case .replayed: 2
    case .notRetained: 3
    case .inProgress: 4
    case .mismatch: 5
    case .uncertain: 6
    case .rejected: 7
    case .failed: 8
    case .unguarded: 9
    case .ignored: 10
    }
  }
}

extension StoreOperation.Kind {
  /// The kind's place in `allCases`.
  var ordinal: Int {
    switch self {
    case .reserve: 0
    case .read: 1
    case .complete: 2
    case .renew: 3
    case .release: 4
    case .markUncertain: 5
    case .reclaim: 6
    case .putBack: 7
    case .resolve: 8
    }
  }

  /// The kind as metrics name it: as the protocol does.
  var label: String {
    switch self {
    case .reserve: "reserve"
    case .read: "read"
    case .complete: "complete"
    case .renew: "renew"
    case .release: "release"
    case .markUncertain: "mark-uncertain"
    case .reclaim: "reclaim"
    case .putBack: "put-back"
    case .resolve: "resolve"
    }
  }
}

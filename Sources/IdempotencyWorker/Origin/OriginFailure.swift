/// Why the origin gave no whole answer.
enum OriginFailure: Error {
  /// Nothing was sent.
  case notReached(String)
  /// The request was sent, at least in part, and no whole answer came.
  case lost(String)

  /// A sentence.
  var reason: String {
    switch self {
    case .notReached(let reason), .lost(let reason): reason
    }
  }

  /// For the metrics.
  var kind: String {
    switch self {
    case .notReached: "not-reached"
    case .lost: "lost"
    }
  }
}

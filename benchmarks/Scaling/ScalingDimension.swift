/// What grows while everything else stays.
enum ScalingDimension: String, CaseIterable, Codable, Sendable {
  /// Worker processes.
  case workers
  /// Connections over one worker.
  case connections
  /// Bytes of an answer's body.
  case body
  /// Records that Redis holds already.
  case records

  /// The steps of a run.
  func steps(quick: Bool) -> [Int] {
    switch self {
    case .workers: quick ? [1, 2] : [1, 2, 4, 8]
    case .connections: quick ? [1, 64, 1_000] : [1, 10, 100, 1_000, 10_000]
    case .body: quick ? [0, 16_384] : [0, 1_024, 16_384, 262_144, 1_048_576]
    case .records: quick ? [1_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
    }
  }
}

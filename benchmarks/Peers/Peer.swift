/// A server that takes its turn in `benchmarks worker`.
struct Peer: Sendable {
  let name: String
  let port: Int
  let program: Program
  /// What it can be asked.
  let modes: Set<WorkerMode>
  /// Whether answers say in `Idempotency-Status` what became of the request; otherwise only a replay is marked.
  var isLabelled = true

  /// What every answer of a mode must say.
  func expected(_ mode: WorkerMode) -> Outcome {
    switch mode {
    case .unguarded: .unguarded
    case .executed: isLabelled ? .executed : .unguarded
    case .replayed: .replayed
    case .inProgress: .inProgress
    case .mismatch: .mismatch
    }
  }
}

package import Idempotency

/// The engine's actions in a few words: for the traces of simulated runs, and for tests that expect them.
package enum EngineText {
  /// An action.
  package static func text(_ action: Engine.Action) -> String {
    switch action {
    case .send(let operation): text(operation)
    case .prepare: "prepare"
    case .execute(let attempt): "execute \(attempt.map(String.init) ?? "unguarded")"
    case .schedule(let timer, let delay): "\(timer) in \(delay)"
    case .watch: "watch"
    case .unwatch: "unwatch"
    case .answer(let answer): text(answer)
    case .finish: "finish"
    }
  }

  /// A command; its times count from the first moment of a run.
  package static func text(_ operation: StoreOperation) -> String {
    switch operation {
    case .complete(_, _, let record, _):
      "complete \(record.head.state == .notRetained ? "T" : "C") \(record.metadata.status ?? 0)"
    case .renew(_, let deadline, _, _): "renew to \(deadline - SimulationSettings.epoch)"
    case .release(_, let expected, let tainted, _, _, _):
      "release" + (tainted ? " tainted" : "") + (expected == nil ? "" : " expecting")
    case .reclaim(_, let state, let record, _, _, let lost):
      "reclaim \(state) as \(record.head.attempt)" + (lost == nil ? "" : " or store")
    case .putBack(let record, _): "put back \(record.head.state) \(record.head.attempt)"
    default: "\(operation.kind)"
    }
  }

  /// An answer.
  package static func text(_ answer: Engine.Answer) -> String {
    switch answer {
    case .own(let standing, let pending): "answer \(standing)" + (pending ? " pending" : "")
    case .replay: "answer replay"
    case .notRetained: "answer notRetained"
    case .settled(let stored): "answer settled \(stored.status)"
    case .inProgress: "answer inProgress"
    case .mismatch: "answer mismatch"
    case .uncertain: "answer uncertain-before"
    case .unavailable: "answer unavailable"
    case .stopping: "answer stopping"
    case .unreadable: "answer unreadable"
    case .superseded: "answer superseded"
    }
  }
}

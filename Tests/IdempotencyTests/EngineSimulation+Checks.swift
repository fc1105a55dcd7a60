import NIOCore

@testable import Idempotency

/// What must hold whatever happens.
extension EngineSimulation {
  /// What a caller is told.
  mutating func check(_ answer: Engine.Answer, _ index: Int) {
    note("W\(index) \(EngineBench.text(answer))")
    let worker = workers[index]
    if worker.answers > 1 { violate("W\(index) answers twice") }
    switch answer {
    case .own(.executed, let pending):
      guard let body = worker.engine.pending?.answer?.body else { return violate("W\(index) answers nothing") }
      if pending { coverage.insert("pending") } else { final(String(buffer: body), index) }
    case .own(.released, _):
      workers[index].saidNothingHappened = true
    case .own(.uncertain, _):
      if !hasCause { violate("W\(index): uncertain without a cause (P_CAUSE)") }
    case .own(.unguarded, _):
      violate("W\(index) ran unguarded")
    case .replay(let stored):
      coverage.insert("replay")
      guard let record = try? stored.decode() else { return violate("a replay that cannot be read") }
      final(String(buffer: record.body), index)
    case .settled(let stored):
      coverage.insert("settled")
      final(String(buffer: stored.body), index)
    case .unavailable, .stopping:
      workers[index].saidNothingHappened = true
      if worker.hasExecuted { violate("W\(index) says that nothing was executed (P_DEFINITE)") }
      if worker.isProbe { violate("the last request is not served (P_SETTLE)") }
    case .inProgress:
      if worker.isProbe { violate("the last request is told in-progress (P_SETTLE)") }
    case .uncertain:
      coverage.insert("uncertain")
      if worker.isProbe, let choice, choice != .hold { violate("uncertain under \(choice) (P_SETTLE)") }
      if worker.isProbe, !hasCause { violate("uncertain without a cause (P_CAUSE)") }
    case .mismatch:
      if !workers.contains(where: { $0.isMismatched }) { violate("mismatch with nobody (P_MISMATCH)") }
    case .notRetained, .unreadable:
      violate("W\(index) is told \(EngineBench.text(answer))")
    case .superseded:
      coverage.insert("superseded")
    }
    if worker.isMismatched, case .replay = answer, told.map(isMine) ?? false { return violate("replayed to another") }
  }

  /// Whether an answer is of the fingerprint that most share.
  private func isMine(_ body: String) -> Bool {
    guard let index = Int(body.dropFirst()), body.first == "W" else { return false }
    return !workers[index].isMismatched
  }

  /// Final answers are equal, and an execution (or the policy) gave them.
  private mutating func final(_ body: String, _ index: Int) {
    if let told, told != body { violate("W\(index) answers \(body) after \(told) (P_ANSWER)") }
    told = told ?? body
    if let owner = Int(body.dropFirst()), body.first == "W" {
      if !workers[owner].hadEffect { violate("\(body) is replayed before its completion (I4)") }
      if workers[owner].isMismatched != workers[index].isMismatched { violate("the answer of another (P_MISMATCH)") }
    } else if choice != .store {
      violate("\(body) is nobody's answer (I3)")
    }
  }

  /// What a command does to the record.
  mutating func check(
    _ before: (head: RecordHead?, bytes: ByteBuffer?), _ after: (head: RecordHead?, bytes: ByteBuffer?)
  ) {
    guard let old = before.head else { return }
    guard let new = after.head else { return violate("the record vanished") }
    if old.state == .completed || old.state == .notRetained, before.bytes != after.bytes {
      violate("a completed record changed (P_FINAL)")
    }
    if new.attempt < old.attempt { violate("the attempt went back (I7)") }
    if old.fingerprint != .any, new.fingerprint != old.fingerprint, new.state != .free || new.fingerprint != .any {
      violate("the record changed its fingerprint (P_MISMATCH)")
    }
    if old.state == .uncertain, new.state == .reserved { violate("an uncertain key was reserved (I5)") }
  }
}

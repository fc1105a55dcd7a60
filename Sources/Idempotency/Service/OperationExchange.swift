internal import NIOCore

/// The semantics of one guarded operation that is not HTTP, as a pure state machine over the ``Engine``.
///
/// It keeps the operation's own result as the engine lets it: what comes after the engine has given up is not the
/// answer, because another one is being stored.
struct OperationExchange: ExchangeMachine {
  /// What the operation returned or threw, and what that means for the key.
  struct Outcome: Sendable {
    let result: Result<ByteBuffer, any Error>
    let meaning: OperationOutcome
  }

  typealias Answer = Result<OperationResult, any Error>

  private var engine: Engine
  private var own: Result<ByteBuffer, any Error>?

  init(engine: Engine) {
    self.engine = engine
  }

  mutating func handle(_ event: ExchangeEvent<Outcome>, at moment: Moment) -> [ExchangeAction<Answer>] {
    var meaning = OperationOutcome.released
    if case .operation(let outcome) = event {
      meaning = outcome.meaning
      if engine.accepts(meaning) { own = outcome.result }
    }
    let actions = engine.handle(event.map { _ in meaning }, at: moment).map { action in action.map { answer($0) } }
    if engine.answered { own = nil }
    return actions
  }

  var pendingBytes: Int { engine.pendingBytes }

  mutating func dropPendingBody() { engine.dropPendingBody() }

  private func answer(_ answer: Engine.Answer) -> Answer {
    switch answer {
    case .own(_, let pending):
      guard let own else { return .failure(OperationError.outcomeUnknown) }
      return own.map { OperationResult(value: $0, isReplayed: false, isPending: pending) }
    case .replay(let stored):
      guard let record = try? stored.decode() else { return .failure(unreadable) }
      if record.metadata.status == OperationResult.noResult { return .failure(OperationError.outcomeUnknown) }
      return .success(OperationResult(value: record.body, isReplayed: true, isPending: false))
    case .notRetained: return .failure(OperationError.resultNotRetained)
    case .inProgress: return .failure(OperationError.inProgress)
    case .mismatch: return .failure(OperationError.keyReused)
    case .settled, .uncertain, .superseded: return .failure(OperationError.outcomeUnknown)
    case .unavailable(let failure): return .failure(OperationError.storeUnavailable(failure))
    case .stopping: return .failure(OperationError.notReady)
    case .unreadable: return .failure(unreadable)
    }
  }

  /// What stands under the key cannot be read; after an execution of our own that says nothing of its effect.
  private var unreadable: OperationError { engine.hasExecuted ? .outcomeUnknown : .recordUnreadable }
}

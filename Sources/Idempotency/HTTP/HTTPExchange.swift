internal import NIOCore

/// The HTTP semantics of one guarded request, as a pure state machine over the ``Engine``.
///
/// The engine decides what becomes of the key; this says what the origin's answer means for it, and what the caller
/// reads. It knows neither tasks nor sockets nor a framework: the middleware and the proxy drive the same machine.
public struct HTTPExchange: ExchangeMachine {
  var engine: Engine
  private let policies: PolicySet
  private let policyIndex: Int
  /// What the caller gets of its own operation, once the engine lets it go.
  var own: HTTPAnswer?
  /// What an operator should know about the origin's answer, for the log; said once, with the event that shows it.
  public private(set) var notice: String?

  init(
    policies: PolicySet, policyIndex: Int, fingerprint: Fingerprint, token: OwnerToken, worker: String,
    wish: Duration? = nil
  ) {
    self.policies = policies
    self.policyIndex = policyIndex
    engine = Engine(
      fingerprint: fingerprint, policy: policies.policies[policyIndex].execution, token: token, worker: worker,
      waitingAtMost: wish
    ) { standIn in
      Self.standIn(standIn, policy: policies.policies[policyIndex]).answer()
    }
  }

  var policy: IdempotencyPolicy { policies.policies[policyIndex] }
  /// The field that marks replays, in lower case.
  var replayMarker: String { policies.replayMarkers[policyIndex] }

  /// Takes one event and says what is to be done about it.
  public mutating func handle(_ event: ExchangeEvent<OriginOutcome>, at moment: Moment) -> [ExchangeAction<HTTPAnswer>]
  {
    notice = nil
    var meaning = OperationOutcome.released
    if case .operation(let outcome) = event {
      notice = Self.notice(about: outcome)
      let (answer, outcome) = reading(of: outcome)
      meaning = outcome
      // What comes too late must not take the place of the answer that is being stored.
      if engine.accepts(meaning) { own = answer }
    }
    let actions = engine.handle(event.map { _ in meaning }, at: moment).map { action in action.map { render($0) } }
    // Given is given: a body that waits for the store is held, and counted, only once.
    if engine.answered { own = nil }
    return actions
  }

  /// Bytes of an answer that is held while the store does not take it.
  public var pendingBytes: Int { engine.pendingBytes }

  /// Lets go of that answer: only that the operation is done will be stored.
  public mutating func dropPendingBody() { engine.dropPendingBody() }
}

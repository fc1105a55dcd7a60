/// The life of one guarded request, from reservation to settlement, as a pure state machine.
///
/// It speaks the protocol of `DESIGN.md` ("The protocol"), which is model-checked; whoever changes a rule here changes
/// it in the model first. The files beside this one follow the request: `Engine+Reserve`, `Engine+Decide`, `Engine+Wait`,
/// `Engine+Execute`, `Engine+Settle`, `Engine+Release`, `Engine+Renew`.
public struct Engine: ExchangeMachine {
  /// The engine's actions.
  public typealias Action = ExchangeAction<Answer>

  let fingerprint: Fingerprint
  let policy: ExecutionPolicy
  let terms: Terms
  let token: OwnerToken
  /// Whose reservation it makes.
  package var ownerToken: OwnerToken { token }
  let worker: String
  let standIn: @Sendable (StandIn) -> StoredAnswer

  var phase = Phase.idle
  /// The caller has its answer; what follows happens behind its back.
  var answered = false
  /// Commands sent in vain since the last reply, over all kinds that settle this key.
  var failures = 0
  /// Rounds of "the record changed under our hands": two, then 409.
  var rounds = 0
  /// A reservation or reclaim of ours may have been applied without our knowing.
  var mayHold = false
  /// The store refuses writes: only what can be answered from a read is answered.
  var readOnly: StoreFailure?
  /// The token that our reclaim expected, for a release that must overtake it.
  var expected: OwnerToken?
  /// The state that our reclaim expected.
  var expectedState = RecordState.free
  /// An earlier attempt may have had an effect.
  var tainted = false
  var lease = Lease()
  var attempt = 1
  var created: Int64 = 0
  /// The phase whose command is to be sent again when the retry timer fires.
  var retrying: Phase?
  /// How often the lease was renewed because it was too late to execute.
  var renewalsBeforeExecution = 0
  /// The operation was started.
  var hasExecuted = false
  /// When the store's clock was first known here, by both clocks.
  var anchor: (boot: BootInstant, server: Int64)?
  /// When the command that is repeated in the background failed first.
  var failingSince: BootInstant?
  /// What is being written about the operation's end.
  var pending: PendingSettlement?
  /// The layer's answer that was given, and perhaps stored, for an operation that gave none.
  package var stoodIn: StoredAnswer?
  /// Another's execution is or was waited for: from now on at most one reservation or reclaim follows.
  package var hasWaited = false
  var waiting = Waiting()
  /// What was written in place of a lost executor's answer, if the store took it.
  var lost: StoredAnswer?
  /// The caller has left, or may have.
  var callerHasLeft = false

  /// Makes the machine of one request.
  /// - Parameters:
  ///   - fingerprint: What the request asks for.
  ///   - policy: How its key is to be kept.
  ///   - token: A fresh token; a resent request gets another.
  ///   - worker: Who runs it, for operators who read the record.
  ///   - wish: How long the caller itself wants to wait at most for another's execution; nil for the policy's bound.
  ///   - standIn: The layer's answer where the operation gave none; stored under ``UnknownOutcome/store``.
  public init(
    fingerprint: Fingerprint, policy: ExecutionPolicy, token: OwnerToken, worker: String,
    waitingAtMost wish: Duration? = nil, standIn: @escaping @Sendable (StandIn) -> StoredAnswer
  ) {
    self.fingerprint = fingerprint
    self.policy = policy
    self.terms = Terms(policy, wish: wish)
    self.token = token
    self.worker = worker
    self.standIn = standIn
  }

  /// Where the request stands.
  enum Phase: Sendable, Hashable {
    case idle
    case reserving
    /// Writes are refused; the record is read to see whether it answers.
    case reading
    case reclaiming
    /// Another one runs the operation, and its end is waited for.
    case waiting
    /// The key is ours; the shell makes ready to run the operation.
    case prepared
    /// Too late to run without asking: the lease is renewed first.
    case renewingBeforeExecution
    case executing
    /// The store is away and the policy lets the operation run all the same; the shell makes ready.
    case preparedUnguarded
    case executingUnguarded
    case completing
    /// Our completion was refused: what stands there instead is the answer.
    case readingAfterLoss
    case marking
    case awaitingLateAnswer
    case releasing
    case finished
  }

  /// Takes one event and says what is to be done about it.
  public mutating func handle(_ event: ExchangeEvent<OperationOutcome>, at moment: Moment) -> [Action] {
    switch event {
    case .start: start(moment)
    case .storeReplied(.renew, let reply): renewReplied(reply, moment)
    case .storeFailed(.renew, _): renewFailed()
    case .storeReplied(let kind, let reply): storeReplied(kind, reply, moment)
    case .storeFailed(let kind, let failure): storeFailed(kind, failure, moment)
    case .ready: ready(moment)
    case .operation(let outcome): operationEnded(outcome, moment)
    case .timer(.renew): renewIsDue(moment)
    case .timer(.retry): retry(moment)
    case .timer(.silence): silence(moment)
    case .timer(.lateAnswer): lateAnswerIsOver()
    case .timer(.poll): pollIsDue()
    case .timer(.wait): waitIsOver()
    case .changed: changed()
    case .abandon: abandon(moment)
    case .callerLeft: callerLeft()
    }
  }

  private mutating func storeReplied(_ kind: StoreOperation.Kind, _ reply: StoreReply, _ moment: Moment) -> [Action] {
    switch (kind, phase) {
    case (.reserve, .reserving), (.reclaim, .reclaiming), (.read, .reading): decide(reply, moment)
    case (.read, .waiting): waitedRead(reply, moment)
    case (.complete, .completing): completeReplied(reply, moment)
    case (.read, .readingAfterLoss): recordAfterLoss(reply)
    case (.markUncertain, .marking): marked(moment)
    case (.release, .releasing): released(reply)
    default: []  // A reply that came after its exchange had moved on, as a late mark does behind a completion.
    }
  }

  private mutating func storeFailed(_ kind: StoreOperation.Kind, _ failure: StoreFailure, _ moment: Moment) -> [Action]
  {
    switch (kind, phase) {
    case (.reserve, .reserving), (.reclaim, .reclaiming): takeFailed(failure, moment)
    case (.read, .waiting): waitedReadFailed(failure)
    case (.read, .reading): unavailable(readOnly ?? failure, moment)
    case (.read, .readingAfterLoss): conclude(superseded)
    case (.complete, .completing), (.markUncertain, .marking), (.release, .releasing): settleFailed(failure, moment)
    default: []
    }
  }

  mutating func answer(_ answer: Answer) -> [Action] {
    if answered { return [] }
    answered = true
    return [.answer(answer)]
  }

  /// The store's time; where the store does not tell it any more, what it told first and how long ago that was.
  func serverTime(_ moment: Moment) -> Int64 {
    moment.server ?? anchor.map { $0.server + moment.boot.milliseconds(since: $0.boot) } ?? lease.deadline
  }

  /// The last word: the answer, if the caller has none yet, and nothing more.
  mutating func conclude(_ answer: Answer) -> [Action] {
    guard !answered else { return finish() }
    answered = true
    phase = .finished
    return [.answer(answer), .finish]
  }

  mutating func finish() -> [Action] {
    phase = .finished
    return [.finish]
  }
}

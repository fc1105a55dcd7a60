import DequeModule
import Idempotency
import Logging
import NIOCore

/// Drives one exchange on its event loop: the worker's thin shell around ``HTTPExchange``.
///
/// The exchange decides; this carries out. It lives as long as there is something left to do for its key, whether its
/// client is still there or not. `+Origin` is its side towards the origin, `+Timers` its time.
final class ExchangeRunner {
  let loop: WorkerLoop
  let limits: IdempotencyPolicy.Limits
  private let policyIndex: Int
  /// The policies that were in force when the request came.
  private let site: Site
  private(set) var number: UInt64 = 0
  private let key: RecordKey
  private var machine: HTTPExchange
  /// Gone when the answer is given.
  ///
  /// Not weak, which would make every use of the connection slower for good; one that was closed takes no answer anyway.
  private(set) var client: ClientConnection?
  private var inbox: Deque<ExchangeEvent<OriginOutcome>> = []
  private var isHandling = false
  private(set) var isFinished = false
  /// Bytes of an answer that this exchange holds back for a store that is away.
  private var held = 0
  /// What is counted of the request's body: until the origin has it, or never will.
  var heldRequest: HeldShare
  /// What is counted of the answer's body: until it is stored, or is not to be.
  var heldAnswer: HeldShare
  private var isWatching = false
  private var watch: (any StoreWatch)?

  // Towards the origin.
  let holder: OriginShares.Holder
  var operation: GuardedOperation?
  var connection: Result<OriginConnection, OriginFailure>?
  var isPreparing = false
  var origin: OriginConnection?
  var answer: PartialAnswer?
  var executedAt = NIODeadline.uptimeNanoseconds(0)

  // Time.
  var timers: [(timer: ExchangeTimer, due: NIODeadline)] = []
  var silence = TimeAmount.zero
  var wakesAt: NIODeadline?

  init(
    machine: HTTPExchange, key: RecordKey, guarded: GuardedRequest, site: Site, operation: GuardedOperation,
    held: consuming HeldShare, client: ClientConnection, loop: WorkerLoop
  ) {
    holder = OriginShares.Holder(guarded: held.place)
    heldAnswer = HeldShare(of: loop.shared.held, for: held.place)
    heldRequest = held
    self.site = site
    self.machine = machine
    self.key = key
    limits = guarded.limits
    policyIndex = guarded.policyIndex
    self.operation = operation
    self.client = client
    self.loop = loop
  }

  /// Begins.
  func start() {
    number = loop.add(self)
    handle(.start)
  }

  /// This worker stops: another's operation is not waited for any longer.
  func stopWaiting() {
    if isWatching { handle(.abandon) }
  }

  /// The client has left, or may have: another's operation is not waited for, what was started goes on (rules W9, X9).
  ///
  /// One that still reads is told that the operation runs, and may ask again.
  func clientLeft() { handle(.callerLeft) }

  /// No new work is begun; what waits for a connection to the origin is given back.
  func stopPreparing() {
    if isPreparing { handle(.abandon) }
  }

  /// This worker stops and waits no longer.
  func abandon() { handle(.abandon) }

  /// Takes an event, and those that follow from carrying it out, one after the other.
  func handle(_ event: ExchangeEvent<OriginOutcome>) {
    guard !isHandling else { return inbox.append(event) }
    isHandling = true
    var next: ExchangeEvent<OriginOutcome>? = event
    while let event = next, !isFinished {
      #if DEBUG
        CrashPoint.pass(event)
      #endif
      let actions = machine.handle(event, at: Moment(loop.clock))
      if case .operation = event, let notice = machine.notice {
        loop.logger.notice("\(notice)", metadata: ["policy": "\(site.policies.policies[policyIndex].name)"])
      }
      for action in actions { carryOut(action) }
      next = inbox.popFirst()
    }
    isHandling = false
  }

  private func carryOut(_ action: ExchangeAction<HTTPAnswer>) {
    #if DEBUG
      CrashPoint.pass(action)
    #endif
    switch action {
    case .send(let operation): send(operation)
    case .prepare: prepare()
    case .execute(let attempt): execute(attempt)
    case .schedule(let timer, let delay):
      if timer == .retry { holdBack() }
      schedule(timer, after: .milliseconds(delay))
    case .answer(let answer): give(answer)
    case .watch: beginWatching()
    case .unwatch: endWatching()
    case .finish: finish()
    }
  }

  private func send(_ operation: StoreOperation) {
    let begun = NIODeadline.now()
    let kind = operation.kind
    loop.store.perform(operation, for: key, on: loop.eventLoop) { result in
      switch result {
      case .success(let reply):
        self.loop.metrics.storeAnswered(kind, nanoseconds: (NIODeadline.now() - begun).nanoseconds)
        self.loop.shared.outage.answered()
        if let bytes = operation.settledByteCount(reply) {
          self.site.metrics.stored(bytes + self.key.description.utf8.count, policy: self.policyIndex)
        }
        self.handle(.storeReplied(kind, reply))
      case .failure(let failure):
        self.loop.metrics.storeFailed(kind, failure.kind)
        self.loop.shared.outage.failed(failure)
        self.handle(.storeFailed(kind, failure))
      }
    }
  }

  private func give(_ answer: HTTPAnswer) {
    if operation.take() != nil { heldRequest.set(0) }
    var rest: AnswerRest?
    if case .origin = answer.body { rest = takeRest() }
    dropCounted()
    // Counted whether its client is there or not: the numbers tell what became of every request (I14).
    if let label = answer.label { site.metrics.count(label, policy: policyIndex) }
    // One that was closed meanwhile abandons the rest.
    client.take()?.exchanged(answer, rest: rest)
  }

  /// The store does not take this exchange's outcome: the answer waits here if there is room for it.
  private func holdBack() {
    let bytes = machine.pendingBytes
    guard held == 0, bytes > 0 else { return }
    if loop.shared.hold(bytes) { held = bytes } else { machine.dropPendingBody() }
    heldAnswer.set(machine.pendingBytes)
  }

  /// Counts no more of an answer than is left of it, behind the client's back.
  func dropCounted() { heldAnswer.shrink(to: machine.pendingBytes + (answer?.body.readableBytes ?? 0)) }

  private func beginWatching() {
    // One too many is told at once what it would be told at its bound (rule W9).
    guard loop.shared.waiters.begin(key) else { return handle(.timer(.wait)) }
    let here = NIOLoopBound(self, eventLoop: loop.eventLoop)
    let eventLoop = loop.eventLoop
    operation?.compactBody()
    isWatching = true
    watch = loop.store.watch(key) {
      if eventLoop.inEventLoop { here.value.changed() } else { eventLoop.execute { here.value.changed() } }
    }
    // It would wait for longer than this worker lives.
    if loop.isDraining { handle(.abandon) }
  }

  private func changed() {
    if isWatching { handle(.changed) }
  }

  private func endWatching() {
    if isWatching { loop.shared.waiters.end(key) }
    isWatching = false
    watch?.cancel()
    watch = nil
  }

  private func finish() {
    isFinished = true
    operation = nil
    endWatching()
    timers.removeAll()
    if held > 0 { loop.shared.letGo(held) }
    heldRequest.set(0)
    heldAnswer.set(0)
    letGoOfOrigin()
    loop.remove(self)
  }
}

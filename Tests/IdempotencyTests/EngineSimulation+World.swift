import NIOCore

@testable import Idempotency

/// The shell, the network, the store and the origin.
extension EngineSimulation {
  mutating func handle(_ event: Event) {
    switch event {
    case .arrive(let index):
      guard workers[index].isAlive else { return }
      workers[index].hasArrived = true
      deliver(.start, to: index)
    case .engine(let index, let event):
      deliver(event, to: index)
    case .ready(let index, let moment):
      // With the mutation, the moment is the one at which the worker fell asleep.
      deliver(.ready, to: index, at: mutation == .clockStopsInSuspension ? moment : self.moment(index))
    case .timer(let index, let timer, let generation):
      guard workers[index].timers[timer] == generation else { return }
      deliver(.timer(timer), to: index)
    case .apply(let operation, let index, let replies):
      apply(operation, by: index, replies: replies)
    case .effect(let index):
      effect(index)
    case .die(let index):
      guard !workers[index].isFinished else { return }
      note("W\(index) dies")
      workers[index].isAlive = false
      hasCause = true
    }
  }

  mutating func deliver(_ event: ExchangeEvent<OperationOutcome>, to index: Int, at moment: Moment? = nil) {
    guard workers[index].isAlive, workers[index].hasArrived else { return }
    switch event {
    case .storeReplied(let kind, _): workers[index].inFlight.remove(kind)
    case .storeFailed(let kind, let failure):
      workers[index].inFlight.remove(kind)
      workers[index].mayResend = failure.kind == .unknown
      if mutation == .newTokenOnResend, kind == .reserve, case .reserving = workers[index].engine.phase {
        let tries = workers[index].engine.failures + 1
        if tries < Engine.maximumTries {
          workers[index].engine = remade(workers[index])
          workers[index].engine.failures = tries
          return deliver(.start, to: index)
        }
      }
    case .abandon where workers[index].engine.phase == .executing: hasCause = true
    case .timer(.silence) where workers[index].engine.phase == .executing: hasCause = true
    default: break
    }
    if mutation == .forgetsThatItWaited { workers[index].engine.hasWaited = false }
    let actions = workers[index].engine.handle(event, at: moment ?? self.moment(index))
    note("W\(index) \(Self.text(event)) -> \(actions.map(EngineBench.text))")
    for action in actions { carryOut(action, index) }
  }

  private mutating func remade(_ worker: Worker) -> Engine {
    let old = worker.engine
    return Engine(
      fingerprint: old.fingerprint, policy: old.policy, token: OwnerToken(high: random.next(), low: random.next()),
      worker: old.worker, standIn: old.standIn)
  }

  private mutating func carryOut(_ action: Engine.Action, _ index: Int) {
    if workers[index].isFinished { violate("W\(index) acts after its end") }
    switch action {
    case .send(let operation): send(operation, index)
    case .prepare:
      let isSuspended = !workers[index].isProbe && random.chance(12)
      if isSuspended { coverage.insert("suspended") }
      schedule(
        .ready(index, moment(index)), after: Int64(isSuspended ? 500 + random.below(6_000) : random.below(3)))
    case .execute(let attempt): execute(attempt ?? 0, index)
    case .schedule(let timer, let delay):
      scheduled += 1
      workers[index].timers[timer] = scheduled
      schedule(.timer(index, timer, generation: scheduled), after: delay)
    case .watch: watch(index)
    case .unwatch: workers[index].isWatching = false
    case .answer(let answer):
      workers[index].answers += 1
      check(answer, index)
    case .finish:
      if workers[index].isWatching { violate("W\(index) goes and watches on (E18)") }
      workers[index].isFinished = true
      workers[index].timers.removeAll()
    }
  }

  // MARK: The network and the store

  /// Begins to tell a worker of changes; the store tells it once at the beginning.
  private mutating func watch(_ index: Int) {
    coverage.insert("waited")
    if workers[index].isWatching { violate("W\(index) watches twice") }
    workers[index].isWatching = true
    workers[index].hasWaited = true
    tell(index)
  }

  /// Tells of a change, unless the telling is lost; it may arrive when nobody wants to know any more.
  private mutating func tell(_ index: Int) {
    if random.chance(faultRate) {
      coverage.insert("lost change")
    } else {
      schedule(.engine(index, .changed), after: Int64(1 + random.below(10)))
    }
  }

  /// A waiter reads and nothing else; afterwards it tries to take the key once (rule E18).
  private mutating func checkWaiter(_ kind: StoreOperation.Kind, _ index: Int) {
    if workers[index].isWatching, kind != .read { violate("W\(index) sends \(kind) while it waits (E18)") }
    guard workers[index].hasWaited, kind == .reserve || kind == .reclaim else { return }
    coverage.insert("\(kind) after waiting")
    if workers[index].hasTaken, !workers[index].mayResend {
      violate("W\(index) takes the key more than once after waiting (E18)")
    }
    workers[index].hasTaken = true
    workers[index].mayResend = false
  }

  private mutating func send(_ operation: StoreOperation, _ index: Int) {
    let kind = operation.kind
    checkWaiter(kind, index)
    if !workers[index].inFlight.insert(kind).inserted { violate("W\(index) sends two \(kind) at a time") }
    let there = Int64(1 + random.below(10))
    guard !workers[index].isProbe, random.chance(faultRate) else {
      return schedule(.apply(operation, by: index, replies: true), after: there)
    }
    let unknown = ExchangeEvent<OperationOutcome>.storeFailed(kind, EngineBench.silent)
    switch random.below(6) {
    case 0:
      coverage.insert("lost reply of \(kind)")
      schedule(.apply(operation, by: index, replies: false), after: there)
      schedule(.engine(index, unknown), after: Self.timeout)
    case 1:
      schedule(.engine(index, unknown), after: Self.timeout)
    case 2:
      coverage.insert("late copy of \(kind)")
      schedule(.apply(operation, by: index, replies: false), after: Self.timeout + Int64(random.below(15_000)))
      schedule(.engine(index, unknown), after: Self.timeout)
    case 3:
      coverage.insert("second copy of \(kind)")
      schedule(.apply(operation, by: index, replies: true), after: there)
      schedule(.apply(operation, by: index, replies: false), after: there + Int64(random.below(15_000)))
    case 4:
      schedule(.engine(index, .storeFailed(kind, EngineBench.away)), after: 1)
    default:
      // A store that is full refuses what begins; one that cannot write refuses all but a read.
      let isFull = random.chance(50)
      guard kind != .read, !isFull || kind == .reserve || kind == .reclaim else {
        return schedule(.apply(operation, by: index, replies: true), after: there)
      }
      coverage.insert("refused \(kind)")
      let failure = StoreFailure(.refused(isFull ? .full : .readOnly), "refused")
      schedule(.engine(index, .storeFailed(kind, failure)), after: there)
    }
  }

  private func head() -> (head: RecordHead?, bytes: ByteBuffer?) {
    guard case .record(let stored) = table.standing(Self.key, now: EngineBench.epoch + time) else { return (nil, nil) }
    return (stored.head, stored.bytes)
  }

  private mutating func apply(_ operation: StoreOperation, by index: Int, replies: Bool) {
    let before = head()
    var operation = operation
    if mutation == .completeIgnoresToken, case .complete(_, let deadline, let record, let ttl) = operation,
      let token = before.head?.token
    {
      operation = .complete(token: token, ownDeadline: deadline, record: record, ttl: ttl)
    }
    let event: ExchangeEvent<OperationOutcome>
    do throws(StoreFailure) {
      event = .storeReplied(
        operation.kind, try table.perform(operation, for: Self.key, now: EngineBench.epoch + time))
    } catch {
      event = .storeFailed(operation.kind, error)
    }
    let after = head()
    if case .storeReplied(let kind, let reply) = event, kind.settles(reply) {
      for other in workers.indices where workers[other].isWatching { tell(other) }
    }
    note("  store: \(EngineBench.text(operation)) of W\(index): \(Self.text(before.head)) -> \(Self.text(after.head))")
    check(before, after)
    if replies { schedule(.engine(index, event), after: Int64(1 + random.below(10))) }
  }

  // MARK: The origin

  private mutating func execute(_ attempt: Int, _ index: Int) {
    if workers[index].hasExecuted { violate("W\(index) executes twice") }
    workers[index].hasExecuted = true
    if attempt <= attemptSent { violate("attempt \(attempt) is sent after attempt \(attemptSent) (P_ATTEMPT)") }
    attemptSent = attempt
    if attempt > 1 { coverage.insert("takeover") }
    let answer = StoredAnswer(status: 200, body: ByteBuffer(string: "W\(index)"))
    let done = OperationOutcome.done(answer, retained: true, retention: nil)
    let unknown = OperationOutcome.unknown(
      StoredAnswer(status: 502, body: ByteBuffer(string: "broken")), open: false)
    let soon = Int64(random.below(200))
    switch workers[index].isProbe ? 0 : random.below(20) {
    case 0...9: respond(done, index, effectAfter: soon, answerAfter: soon + Int64(random.below(100)))
    case 10...11:
      let slow = Int64(random.below(1_900))
      respond(done, index, effectAfter: slow, answerAfter: slow + 50)
    case 12...13: schedule(.engine(index, .operation(.released)), after: soon)
    case 14...15:
      hasCause = true
      coverage.insert("broken")
      respond(unknown, index, effectAfter: random.chance(70) ? Int64(random.below(5_000)) : nil, answerAfter: soon)
    case 16: schedule(.engine(index, .operation(.released)), after: 2_000 + Int64(random.below(6_000)))
    case 17:
      // Silent for ever; the effect happens or not.
      hasCause = true
      if random.chance(60) { schedule(.effect(index), after: Int64(random.below(20_000))) }
    default:
      coverage.insert("late answer")
      let late = 2_000 + Int64(random.below(9_000))
      respond(random.chance(80) ? done : unknown, index, effectAfter: late - 50, answerAfter: late)
    }
  }

  private mutating func respond(_ outcome: OperationOutcome, _ index: Int, effectAfter: Int64?, answerAfter: Int64) {
    if let effectAfter { schedule(.effect(index), after: effectAfter) }
    schedule(.engine(index, .operation(outcome)), after: answerAfter)
  }

  private mutating func effect(_ index: Int) {
    note("origin: the effect of W\(index)")
    effects += 1
    workers[index].hadEffect = true
    if effects > 1, choice == .hold || choice == .store { violate("effect \(effects) (P_EFFECT)") }
  }

  // MARK: Texts

  static func text(_ head: RecordHead?) -> String {
    guard let head else { return "absent" }
    return "\(head.state) \(head.attempt) until \(head.leaseDeadline - EngineBench.epoch)"
  }

  static func text(_ event: ExchangeEvent<OperationOutcome>) -> String {
    switch event {
    case .storeReplied(let kind, let reply):
      switch reply {
      case .record(let stored): "\(kind): \(text(stored.head))"
      default: "\(kind): \(reply)"
      }
    case .storeFailed(let kind, let failure): "\(kind): \(failure.kind)"
    case .operation(.done): "operation done"
    case .operation(.released): "operation released"
    case .operation(.unknown): "operation unknown"
    default: "\(event)"
    }
  }
}

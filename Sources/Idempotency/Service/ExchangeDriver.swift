internal import Logging
internal import NIOConcurrencyHelpers

/// What a service can give up when it stops.
protocol Abandonable: AnyObject, Sendable {
  func abandon()
}

/// Drives one exchange with async/await: the thin shell around an ``ExchangeMachine``.
///
/// The machine decides; this carries out. Until the operation is to run everything happens in the caller's task; from
/// then on in a job of the service, which a client that goes away does not cancel. The job in which the operation runs is
/// always begun from the caller's task, also where another's operation was waited for before: so it has the caller's
/// task-locals.
final class ExchangeDriver<Machine: ExchangeMachine>: Abandonable {
  typealias Operation = @Sendable (_ attempt: Int?) async -> Machine.Outcome

  private struct State {
    var machine: Machine
    /// Let go of as soon as it has run or never will: it may hold a request's body.
    var operation: Operation?
    var caller: CheckedContinuation<CallersStep, Never>?
    /// The caller's next step, if the caller does not wait for it yet.
    var step: CallersStep?
    var isAnswered = false
    var watch = WatchSlot.empty
    /// It is counted among its key's waiters.
    var isWaiter = false
    var timers: [ExchangeTimer: TimerQueue.Token] = [:]
    /// The service waits for this exchange.
    var isCounted = false
    var finished = false
    /// Bytes of an answer that this exchange holds back for a store that is away.
    var held = 0
  }

  /// Why the caller's task, which waits for its answer, is woken.
  private enum CallersStep {
    case answer(Machine.Answer)
    /// The operation is to run: these actions are carried out in a job that has the caller's task-locals.
    case begin([ExchangeAction<Machine.Answer>])
  }

  private let service: IdempotencyService
  private let key: RecordKey
  /// The exchanges around the caller's task, for the operation to know of.
  private let outer = RunningExchanges.current
  private let state: NIOLockedValueBox<State>

  init(service: IdempotencyService, key: RecordKey, machine: Machine, operation: @escaping Operation) {
    self.service = service
    self.key = key
    self.state = NIOLockedValueBox(State(machine: machine, operation: operation))
  }

  /// Runs the exchange up to its answer.
  ///
  /// What is left to do then goes on in the service.
  func run() async -> Machine.Answer {
    let isCounted = service.jobs.begin()
    state.withLockedValue { $0.isCounted = isCounted }
    var actions = handle(isCounted ? .start : .abandon)
    // Up to the operation an exchange asks for one command at a time.
    while case .send(let operation)? = actions.first, actions.count == 1 {
      #if DEBUG
        CrashPoint.pass(actions[0])
      #endif
      actions = handle(await reply(to: operation))
    }
    if case .answer(let answer)? = actions.first {
      state.withLockedValue { $0.isAnswered = true }
      await goOn(with: Array(actions.dropFirst()))
      return answer
    }
    await goOn(with: actions)
    guard case .watch? = actions.first else { return await answer() }
    return await withTaskCancellationHandler {
      await answer()
    } onCancel: {
      callerLeft()
    }
  }

  /// Goes on in a job of the service; with what does not wait for anything, here and now.
  ///
  /// Called in the caller's task.
  private func goOn(with actions: [ExchangeAction<Machine.Answer>]) async {
    if actions.isEmpty { return }
    if case .finish? = actions.first { return finish() }
    service.register(self)
    if service.jobs.spawn({ await self.carryOut(actions, isCallers: true) }) != nil { return }
    // A service that has ended runs nothing: what is still asked for, a release, is done in the caller's task, once.
    await carryOut(isBegun(actions) ? handle(.abandon) : actions)
    finish()
  }

  private func isBegun(_ actions: [ExchangeAction<Machine.Answer>]) -> Bool {
    switch actions.first {
    case .prepare, .watch: true
    default: false
    }
  }

  private func answer() async -> Machine.Answer {
    while true {
      switch await step() {
      case .answer(let answer): return answer
      case .begin(let actions): await goOn(with: actions)
      }
    }
  }

  private func step() async -> CallersStep {
    await withCheckedContinuation { continuation in
      let step = state.withLockedValue { state in
        if state.step == nil { state.caller = continuation }
        return state.step.take()
      }
      if let step { continuation.resume(returning: step) }
    }
  }

  /// Has the caller's task carry out actions in a job of its own; false where the caller has its answer.
  private func beginFromCaller(_ actions: [ExchangeAction<Machine.Answer>]) -> Bool {
    let (isWaiting, caller) = state.withLockedValue { state in
      if state.isAnswered { return (false, nil as CheckedContinuation<CallersStep, Never>?) }
      if state.caller == nil { state.step = .begin(actions) }
      return (true, state.caller.take())
    }
    caller?.resume(returning: .begin(actions))
    return isWaiting
  }

  func abandon() {
    service.jobs.spawn { await self.carryOut(self.handle(.abandon)) }
  }

  /// The caller's task is cancelled: who only waits for another's execution ends (rule W9).
  private func callerLeft() {
    service.jobs.spawn { await self.carryOut(self.handle(.callerLeft)) }
  }

  private func handle(_ event: ExchangeEvent<Machine.Outcome>) -> [ExchangeAction<Machine.Answer>] {
    #if DEBUG
      CrashPoint.pass(event)
    #endif
    let moment = Moment(service.store.clock)
    let (actions, notice) = state.withLockedValue { state in
      let actions = state.machine.handle(event, at: moment)
      for case .answer in actions { state.operation = nil }
      return (actions, state.machine.notice)
    }
    if let notice { service.logger.notice("\(notice)") }
    return actions
  }

  private func reply(to operation: StoreOperation) async -> ExchangeEvent<Machine.Outcome> {
    do {
      let reply = try await service.store.perform(operation, for: key)
      service.outage.answered()
      return .storeReplied(operation.kind, reply)
    } catch {
      service.outage.failed(error)
      return .storeFailed(operation.kind, error)
    }
  }

  /// Carries out actions and whatever follows from them, in this task as far as they follow one another.
  ///
  /// - Parameters:
  ///   - actions: What is to be done.
  ///   - isCallers: Whether this task was begun from the caller's: only such a one may run the operation.
  private func carryOut(_ actions: [ExchangeAction<Machine.Answer>], isCallers: Bool = false) async {
    var actions = actions
    while true {
      var next: ExchangeEvent<Machine.Outcome>?
      loop: for (index, action) in actions.enumerated() {
        let isLast = index == actions.count - 1
        #if DEBUG
          CrashPoint.pass(action)
        #endif
        switch action {
        case .prepare where !isCallers && beginFromCaller(Array(actions[index...])):
          return
        case .prepare:
          // While the service drains, what was not begun is given back (rule X11).
          next = service.jobs.isAccepting ? .ready : .abandon
        case .send(let operation) where isLast:
          next = await reply(to: operation)
        case .send(let operation):
          service.jobs.spawn { await self.carryOut(self.handle(await self.reply(to: operation))) }
        case .execute(let attempt):
          // Its timers stand behind it in the list; they are set before the operation is waited for.
          for case .schedule(let timer, let delay) in actions[(index + 1)...] { schedule(timer, after: delay) }
          next = await execute(attempt)
          break loop
        case .schedule(let timer, let delay):
          if timer == .retry { holdBack() }
          schedule(timer, after: delay)
        case .watch:
          // One too many is told at once what it would be told at its bound (rule W9).
          if !watch() { next = .timer(.wait) }
        case .unwatch:
          unwatch()
        case .answer(let answer):
          give(answer)
        case .finish:
          finish()
        }
      }
      guard let event = next else { return }
      actions = handle(event)
    }
  }

  private func execute(_ attempt: Int?) async -> ExchangeEvent<Machine.Outcome>? {
    guard let operation = state.withLockedValue({ $0.operation.take() }) else { return nil }
    let isRequest = Machine.self == HTTPExchange.self
    return .operation(
      await outer.adding(key, in: service, isRequest: isRequest) { await operation(attempt) })
  }

  private func schedule(_ timer: ExchangeTimer, after delay: Int64) {
    let token = service.timers.schedule(after: delay) { await self.carryOut(self.handle(.timer(timer))) }
    let old = state.withLockedValue { state in
      if state.finished { return token as TimerQueue.Token? }
      return state.timers.updateValue(token, forKey: timer)
    }
    if let old { service.timers.cancel(old) }
  }

  /// Listens to the record's changes; false where too many do already.
  private func watch() -> Bool {
    let isCounted = service.waiters.begin(key)
    // The node may have stopped, and the exchange with it, before this action's turn came.
    let isOver = state.withLockedValue { state in
      if !state.finished, isCounted {
        state.watch = .coming
        state.isWaiter = true
      }
      return state.finished
    }
    if isOver, isCounted { service.waiters.end(key) }
    if isOver || !isCounted { return isOver }
    let watch = service.store.watch(key) { [weak self] in
      guard let self else { return }
      service.jobs.spawn { await self.carryOut(self.handle(.changed)) }
    }
    let isWanted = state.withLockedValue { $0.watch.take(watch) }
    if !isWanted { watch.cancel() }
    return true
  }

  private func unwatch() {
    let (watch, isWaiter) = state.withLockedValue { state in
      defer { state.isWaiter = false }
      return (state.watch.clear(), state.isWaiter)
    }
    watch?.cancel()
    if isWaiter { service.waiters.end(key) }
  }

  /// The store does not take this exchange's outcome.
  ///
  /// The answer waits here if there is room for it.
  private func holdBack() {
    let bytes = state.withLockedValue { $0.held == 0 ? $0.machine.pendingBytes : 0 }
    guard bytes > 0 else { return }
    let isHeld = service.hold(bytes)
    let isOver = state.withLockedValue { state in
      if state.finished { return true }
      if isHeld { state.held = bytes } else { state.machine.dropPendingBody() }
      return false
    }
    if isOver, isHeld { service.letGo(bytes) }
  }

  private func give(_ answer: Machine.Answer) {
    let caller = state.withLockedValue { state in
      state.isAnswered = true
      // In the place of actions that no longer matter: the machine has answered without them.
      if state.caller == nil { state.step = .answer(answer) }
      return state.caller.take()
    }
    caller?.resume(returning: .answer(answer))
  }

  private func finish() {
    let (timers, held, isCounted) = state.withLockedValue { state in
      state.finished = true
      state.operation = nil
      defer {
        state.timers.removeAll()
        state.held = 0
        state.isCounted = false
      }
      return (Array(state.timers.values), state.held, state.isCounted)
    }
    for timer in timers { service.timers.cancel(timer) }
    unwatch()
    if held > 0 { service.letGo(held) }
    service.deregister(self)
    if isCounted { service.jobs.ended() }
  }
}

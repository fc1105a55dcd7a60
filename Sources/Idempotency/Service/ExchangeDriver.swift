internal import NIOConcurrencyHelpers

/// What a service can give up when it stops.
protocol Abandonable: AnyObject, Sendable {
  func abandon()
}

/// Drives one exchange with async/await: the thin shell around an ``ExchangeMachine``.
///
/// The machine decides; this carries out. Until the operation is to run everything happens in the caller's task; from
/// then on in the service's, which a client that goes away does not cancel.
final class ExchangeDriver<Machine: ExchangeMachine>: Abandonable {
  typealias Operation = @Sendable (_ attempt: Int?) async -> Machine.Outcome

  private struct State {
    var machine: Machine
    var caller: CheckedContinuation<Machine.Answer, Never>?
    var answer: Machine.Answer?
    var timers: [ExchangeTimer: TimerQueue.Token] = [:]
    var finished = false
    /// Bytes of an answer that this exchange holds back for a store that is away.
    var held = 0
  }

  private let service: IdempotencyService
  private let key: RecordKey
  private let operation: Operation
  private let state: NIOLockedValueBox<State>

  init(service: IdempotencyService, key: RecordKey, machine: Machine, operation: @escaping Operation) {
    self.service = service
    self.key = key
    self.operation = operation
    self.state = NIOLockedValueBox(State(machine: machine))
  }

  /// Runs the exchange up to its answer. What is left to do then goes on in the service.
  func run() async -> Machine.Answer {
    var event: ExchangeEvent<Machine.Outcome> = .start
    while true {
      let actions = handle(event)
      // Up to here an exchange asks for one command at a time, and has not answered.
      if case .send(let operation)? = actions.first, actions.count == 1 {
        event = await reply(to: operation)
        continue
      }
      if case .answer(let answer)? = actions.first {
        let rest = actions.dropFirst()
        if !isOnlyFinish(rest) { inService { await self.carryOut(Array(rest)) } }
        return answer
      }
      return await withCheckedContinuation { continuation in
        state.withLockedValue { $0.caller = continuation }
        inService { await self.carryOut(actions) }
      }
    }
  }

  private func isOnlyFinish(_ actions: ArraySlice<ExchangeAction<Machine.Answer>>) -> Bool {
    if actions.count == 1, case .finish? = actions.first { return true }
    return actions.isEmpty
  }

  /// Goes on in the service's own tasks. A service that has ended meanwhile runs nothing: the exchange is abandoned,
  /// and what it still asks for is done in the caller's stead.
  private func inService(_ body: @escaping @Sendable () async -> Void) {
    service.register(self)
    let taken = service.jobs.spawn(body)
    if !taken { abandonUnowned() }
  }

  private func abandonUnowned() {
    let actions = handle(.abandon)
    for case .answer(let answer) in actions { give(answer) }
    service.deregister(self)
  }

  func abandon() {
    service.jobs.spawn { await self.carryOut(self.handle(.abandon)) }
  }

  private func handle(_ event: ExchangeEvent<Machine.Outcome>) -> [ExchangeAction<Machine.Answer>] {
    let moment = Moment(service.store.clock)
    return state.withLockedValue { $0.machine.handle(event, at: moment) }
  }

  private func reply(to operation: StoreOperation) async -> ExchangeEvent<Machine.Outcome> {
    do {
      return .storeReplied(operation.kind, try await service.store.perform(operation, for: key))
    } catch {
      return .storeFailed(operation.kind, error)
    }
  }

  /// Carries out actions and whatever follows from them, in this task as far as they follow one another.
  private func carryOut(_ actions: [ExchangeAction<Machine.Answer>]) async {
    var actions = actions
    while true {
      var next: ExchangeEvent<Machine.Outcome>?
      for (index, action) in actions.enumerated() {
        let isLast = index == actions.count - 1
        switch action {
        case .prepare:
          next = .ready
        case .send(let operation) where isLast:
          next = await reply(to: operation)
        case .send(let operation):
          service.jobs.spawn { await self.carryOut(self.handle(await self.reply(to: operation))) }
        case .execute(let attempt):
          // Its timers stand behind it in the list; they are set before the operation is waited for.
          for case .schedule(let timer, let delay) in actions[(index + 1)...] { schedule(timer, after: delay) }
          next = .operation(await operation(attempt))
        case .schedule(let timer, let delay):
          if timer == .retry { holdBack() }
          schedule(timer, after: delay)
        case .answer(let answer):
          give(answer)
        case .finish:
          finish()
        }
        if case .execute = action { break }
      }
      guard let event = next else { return }
      actions = handle(event)
    }
  }

  private func schedule(_ timer: ExchangeTimer, after delay: Int64) {
    let token = service.timers.schedule(after: delay) { await self.carryOut(self.handle(.timer(timer))) }
    let old = state.withLockedValue { state in
      if state.finished { return token as TimerQueue.Token? }
      return state.timers.updateValue(token, forKey: timer)
    }
    if let old { service.timers.cancel(old) }
  }

  /// The store does not take this exchange's outcome. The answer waits here if there is room for it.
  private func holdBack() {
    let bytes = state.withLockedValue { $0.held == 0 ? $0.machine.pendingBytes : 0 }
    guard bytes > 0 else { return }
    let held = service.hold(bytes)
    state.withLockedValue { state in
      if held { state.held = bytes } else { state.machine.dropPendingBody() }
    }
  }

  private func give(_ answer: Machine.Answer) {
    let caller = state.withLockedValue { state in
      defer { state.caller = nil }
      return state.caller
    }
    caller?.resume(returning: answer)
  }

  private func finish() {
    let (timers, held) = state.withLockedValue { state in
      state.finished = true
      defer {
        state.timers.removeAll()
        state.held = 0
      }
      return (Array(state.timers.values), state.held)
    }
    for timer in timers { service.timers.cancel(timer) }
    if held > 0 { service.letGo(held) }
    service.deregister(self)
  }
}

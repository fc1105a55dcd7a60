internal import Idempotency
internal import NIOCore

/// What becomes of a world by a step.
extension SmallWorld {
  static let silent = StoreFailure(.unknown, "no reply")

  mutating func take(_ step: Step) {
    trail = SmallTrail(.step(step), at: time, after: trail)
    switch step {
    case .begin(let index): begin(index)
    case .crash(let index): crash(index)
    case .drain(let index):
      budget.crashes -= 1
      situations.insert("drain")
      if parties[index].attempt != nil { isDisturbed = true }
      deliver(.abandon, to: index)
    case .ready(let index):
      let preparedAt = parties[index].preparedAt
      parties[index].preparedAt = nil
      // With the mistake, the moment is the one at which the node fell asleep.
      deliver(.ready, to: index, at: settings.mutation == .clockStopsInSuspension ? preparedAt : nil)
    case .fire(let index, let timer):
      parties[index].timers[timer] = nil
      if timer == .silence { isDisturbed = true }
      deliver(.timer(timer), to: index)
    case .news(let index):
      parties[index].hasNews = false
      deliver(.changed, to: index)
    case .effect(let place): effect(place)
    case .answer(let place): answer(place)
    case .refuseExecution(let place):
      budget.origins -= 1
      situations.insert("refused by the origin")
      end(place, .released)
    case .breakOff(let place), .breakOffEarly(let place): breakOff(place, isEarly: step == .breakOffEarly(place))
    case .tick:
      budget.ticks -= 1
      time = nextMoment ?? time
    case .leap:
      budget.ticks -= 1
      time = leaseEnd ?? time
    case .forget(let place): forget(place)
    case .recognise(let index): recognise(index)
    case .putBack(let index): putBack(index)
    case .settle: isSettled = true
    default: takeCommand(step)
    }
  }

  // MARK: Requests and nodes

  private mutating func begin(_ index: Int) {
    let number = parties[index].tries
    if number > 0 {
      budget.retries -= 1
      situations.insert("retry")
      var again = Party(engine: engine(index, try: number), node: index, body: parties[index].body)
      again.tries = number
      parties[index] = again
    }
    parties[index].tries += 1
    deliver(.start, to: index)
  }

  private mutating func crash(_ index: Int) {
    budget.crashes -= 1
    situations.insert("crash")
    parties[index].isAlive = false
    isDisturbed = true
    // What it has sent arrives all the same.
    for place in commands.indices where commands[place].party == index { commands[place].number = nil }
    commands.removeAll { $0.number == nil && $0.reply != nil }
  }

  // MARK: Commands

  private mutating func takeCommand(_ step: Step) {
    switch step {
    case .arrive(let place):
      let command = commands.remove(at: place)
      if let failure = admits(command) {
        if case .refused = failure.kind { situations.insert("settling") }
        return fail(command, failure)
      }
      if let reply = apply(command) { hear(command, reply) }
    case .hear(let place):
      let command = commands.remove(at: place)
      if let reply = command.reply { hear(command, reply) }
    case .slowReply(let place):
      lose("slow reply")
      commands[place].reply = apply(commands[place])
    case .loseReply(let place):
      let command = commands.remove(at: place)
      lose("lost reply of \(command.operation.kind)")
      _ = apply(command)
      fail(command, Self.silent)
    case .drop(let place):
      let command = commands.remove(at: place)
      lose("lost \(command.operation.kind)")
      fail(command, Self.silent)
    case .delay(let place):
      let command = commands[place]
      lose("late \(command.operation.kind)")
      if command.operation.kind == .reclaim { reclaimIsLate() }
      commands[place].number = nil
      commands[place].isLate = true
      fail(command, Self.silent)
    case .double(let place):
      let command = commands[place]
      lose("second copy of \(command.operation.kind)")
      if command.operation.kind == .reclaim { reclaimIsLate() }
      commands[place].number = nil
      commands[place].isLate = true
      if let reply = apply(command) { hear(command, reply) }
    case .refuse(let place):
      lose("refused")
      fail(commands.remove(at: place), StoreFailure(.refused(.readOnly), "read-only"))
    case .notSent(let place):
      lose("not sent")
      fail(commands.remove(at: place), StoreFailure(.notSent, "no connection"))
    default: preconditionFailure("\(step) is no command's")
    }
  }

  /// Where nodes choose differently, a reclaim that overtakes its own release leaves a key held by nobody, under the
  /// choice of whoever sent it: safe, and uncertain under hold.
  ///
  /// The release cannot prevent it, because the record is still another's, who may complete it.
  private mutating func reclaimIsLate() {
    if Set(settings.choices).count > 1 { isDisturbed = true }
  }

  private mutating func lose(_ situation: String) {
    budget.losses -= 1
    situations.insert(situation)
  }

  mutating func fail(_ command: Command, _ failure: StoreFailure) {
    guard let number = command.number, parties[command.party].tries == number else { return }
    deliver(.storeFailed(command.operation.kind, failure), to: command.party)
  }

  private mutating func hear(_ command: Command, _ reply: StoreReply) {
    if command.number != nil { note(command.operation, reply, at: node(of: command)) }
    guard let number = command.number, parties[command.party].tries == number else { return }
    deliver(.storeReplied(command.operation.kind, reply), to: command.party)
  }

  /// The store does what it is told.
  private mutating func apply(_ command: Command) -> StoreReply? {
    var operation = command.operation
    if settings.mutation == .completeIgnoresToken, case .complete(_, let deadline, let record, let ttl) = operation,
      let token = head?.token
    {
      operation = .complete(token: token, ownDeadline: deadline, record: record, ttl: ttl)
    }
    let before = head
    let standing = table
    guard let reply = try? table.perform(operation, for: Self.key, now: storeTime) else { return nil }
    checkChange(from: before, by: operation, reply)
    if before != head, budget.forgets > 0 { past.append(standing) }
    if operation.kind.settles(reply) {
      for index in parties.indices where parties[index].isWatching { parties[index].hasNews = true }
    }
    return reply
  }

  // MARK: The origin

  private mutating func effect(_ place: Int) {
    executions[place].hasEffect = true
    if !executions[place].answers { executions[place].isOver = true }
    checkEffects()
  }

  private mutating func answer(_ place: Int) {
    let execution = executions[place]
    let body = "done by \(execution.party).\(execution.number)"
    end(place, .done(StoredAnswer(status: 200, body: ByteBuffer(string: body)), retained: true, retention: nil))
  }

  private mutating func breakOff(_ place: Int, isEarly: Bool) {
    budget.origins -= 1
    situations.insert("broken answer")
    isDisturbed = true
    executions[place].answers = false
    if !isEarly { executions[place].isOver = true }
    let answer = StoredAnswer(status: 502, body: ByteBuffer(string: "broken"))
    tell(executions[place], .unknown(answer, open: false))
  }

  private mutating func end(_ place: Int, _ outcome: OperationOutcome) {
    executions[place].isOver = true
    tell(executions[place], settings.mutation == .releaseAfterSuccess ? .released : outcome)
  }

  private mutating func tell(_ execution: Execution, _ outcome: OperationOutcome) {
    guard parties[execution.party].tries == execution.number else { return }
    deliver(.operation(outcome), to: execution.party)
  }
}

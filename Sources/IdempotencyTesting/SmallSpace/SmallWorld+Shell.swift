internal import Idempotency
internal import NIOCore

/// The shell around the engine.
extension SmallWorld {
  mutating func deliver(_ event: ExchangeEvent<OperationOutcome>, to index: Int, at moment: Moment? = nil) {
    guard parties[index].isAlive, !parties[index].isOver else { return }
    switch event {
    case .storeReplied(let kind, _): parties[index].inFlight.remove(kind)
    case .storeFailed(let kind, let failure):
      parties[index].inFlight.remove(kind)
      parties[index].mayResend = failure.kind == .unknown
      if kind == .reserve, failure.kind == .unknown, settings.mutation == .newTokenOnResend,
        !parties[index].engine.hasWaited
      {
        parties[index].engine = engine(index, try: parties[index].tries + 100)
        return deliver(.start, to: index)
      }
    case .operation(let outcome):
      // What comes too late must not take the place of the answer that is being stored.
      if parties[index].engine.accepts(outcome) { parties[index].own = Self.body(of: outcome) }
    default: break
    }
    if settings.mutation == .forgetsThatItWaited { parties[index].engine.hasWaited = false }
    let actions = parties[index].engine.handle(event, at: moment ?? self.moment)
    for action in actions { carryOut(action, index) }
  }

  private mutating func carryOut(_ action: Engine.Action, _ index: Int) {
    if parties[index].isOver { violate("E", "party \(index) acts after its end") }
    switch action {
    case .send(let operation):
      checkSending(operation.kind, index)
      commands.append(Command(operation: operation, party: index, number: parties[index].tries))
    case .prepare: parties[index].preparedAt = moment
    case .execute(let attempt): execute(attempt ?? 0, index)
    case .schedule(let timer, let delay): parties[index].timers[timer] = time + delay
    case .watch:
      parties[index].isWatching = true
      parties[index].hasNews = true
      situations.insert("waited")
    case .unwatch:
      parties[index].isWatching = false
      parties[index].hasNews = false
    case .answer(let answer): checkAnswer(answer, index)
    case .finish:
      if parties[index].isWatching { violate("E18", "party \(index) goes and watches on") }
      parties[index].isOver = true
      parties[index].timers.removeAll()
      for place in commands.indices where commands[place].party == index { commands[place].number = nil }
      commands.removeAll { $0.number == nil && $0.reply != nil }
    }
  }

  private mutating func execute(_ attempt: Int, _ index: Int) {
    if parties[index].attempt != nil { violate("I1", "party \(index) executes twice") }
    parties[index].attempt = attempt
    checkAttempt(attempt, index)
    executions.append(Execution(party: index, number: parties[index].tries, attempt: attempt))
  }

  private static func body(of outcome: OperationOutcome) -> String? {
    switch outcome {
    case .done(let answer, _, _), .unknown(let answer, _): String(buffer: answer.body)
    case .released: nil
    }
  }

  /// Goes to the end without another fault, then asks once more: every key has settled (I10).
  mutating func close() {
    budget = SmallSpaceBudget(crashes: 0, losses: 0, origins: 0, retries: budget.retries, ticks: 0, forgets: 0)
    quieten()
    time = (leaseEnd ?? time) + SimulationSettings.settle
    probe()
  }

  private mutating func quieten() {
    for _ in 0..<1_000 {
      guard violation == nil else { return }
      if let step = ordinarySteps.first {
        take(step)
      } else if let next = nextMoment, parties.contains(where: { $0.isAlive && !$0.isOver }) {
        time = next
      } else {
        return
      }
    }
    violate("I10", "the run does not end")
  }

  private mutating func probe() {
    for number in 0..<3 {
      guard violation == nil else { return }
      var party = Party(engine: engine(2, try: number, isProbe: true), node: 2, body: 0)
      party.isProbe = true
      party.tries = 1
      parties.append(party)
      let index = parties.count - 1
      trail = SmallTrail(.probe, at: time, after: trail)
      deliver(.start, to: index)
      quieten()
      if parties[index].isFinal { return }
      time += Self.lease + 1_000
    }
    violate("I10", "the key does not settle")
  }
}

internal import Idempotency
internal import NIOCore

/// The origin: has effects, and answers or does not.
extension Simulation {
  mutating func execute(_ attempt: Int, _ index: Int) {
    let exchange = exchanges[index]
    if exchange.hasExecuted { violate("I1", "\(exchange.nonce) executes twice") }
    exchanges[index].hasExecuted = true
    attempts[exchange.nonce] = attempt
    if attempt <= attemptsSent[exchange.key] ?? 0, !unprotected.contains(exchange.key) {
      violate("I7", "attempt \(attempt) is sent after attempt \(attemptsSent[exchange.key] ?? 0)")
    }
    attemptsSent[exchange.key] = max(attempt, attemptsSent[exchange.key] ?? 0)
    if attempt > 1 { met("takeover") }
    let done = outcome(.done(own(index), retained: true, retention: nil), index)
    let broken = OperationOutcome.unknown(StoredAnswer(status: 502, body: ByteBuffer(string: "broken")), open: false)
    let soon = random.milliseconds(0...200)
    guard !exchange.isProbe, isFaulty else { return respond(done, index, effectAfter: 1, answerAfter: 2) }
    // A long operation: it outlasts its lease wherever it cannot be renewed.
    if originTimeout > SimulationSettings.originTimeout, random.chance(40) {
      met("long operation")
      let long = random.milliseconds(3_000...originTimeout - 1_000)
      return respond(
        random.chance(90) ? done : broken, index, effectAfter: random.milliseconds(0...long - 1), answerAfter: long)
    }
    switch random.below(20) {
    case 0...9: respond(done, index, effectAfter: soon, answerAfter: soon + random.milliseconds(0...100))
    case 10...11:
      let slow = random.milliseconds(0...1_900)
      respond(done, index, effectAfter: slow, answerAfter: slow + 50)
    case 12...13:
      met("refused by the origin")
      schedule(.exchange(index, .operation(.released)), after: soon)
    case 14...15:
      met("broken answer")
      disturbed.insert(exchange.key)
      respond(broken, index, effectAfter: random.chance(70) ? random.milliseconds(0...5_000) : nil, answerAfter: soon)
    case 16: schedule(.exchange(index, .operation(.released)), after: random.milliseconds(2_000...8_000))
    case 17:
      // Silent for ever; the effect happens or not.
      met("silent origin")
      disturbed.insert(exchange.key)
      if random.chance(60) { schedule(.effect(index), after: random.milliseconds(0...20_000)) }
    default:
      met("late answer")
      let late = random.milliseconds(2_000...11_000)
      respond(random.chance(80) ? done : broken, index, effectAfter: late - 50, answerAfter: late)
    }
  }

  private func own(_ index: Int) -> StoredAnswer {
    StoredAnswer(status: 200, body: ByteBuffer(string: "done by \(exchanges[index].nonce)"))
  }

  private func outcome(_ outcome: OperationOutcome, _ index: Int) -> OperationOutcome {
    settings.mutation == .releaseAfterSuccess ? .released : outcome
  }

  private mutating func respond(_ outcome: OperationOutcome, _ index: Int, effectAfter: Int64?, answerAfter: Int64) {
    if let effectAfter { schedule(.effect(index), after: effectAfter) }
    schedule(.exchange(index, .operation(outcome)), after: answerAfter)
  }

  /// The effect happens, whether the node that asked for it still lives or not.
  mutating func effect(_ index: Int) {
    let exchange = exchanges[index]
    note("origin: the effect of \(exchange.nonce)")
    exchanges[index].hadEffect = true
    record(
      History.Effect(
        nonce: exchange.nonce, key: Self.name(exchange.key), fingerprint: "\(exchange.body)",
        attempt: attempts[exchange.nonce] ?? 0, time: nanoseconds, body: String(buffer: own(index).body)))
  }
}

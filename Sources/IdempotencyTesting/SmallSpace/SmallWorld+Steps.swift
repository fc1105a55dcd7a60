internal import Idempotency

/// What can happen next.
extension SmallWorld {
  /// One thing that can happen; numbers are places in ``parties``, ``commands`` and ``executions``.
  enum Step: Hashable, Sendable {
    case begin(Int)
    case crash(Int)
    case drain(Int)
    case ready(Int)
    case fire(Int, ExchangeTimer)
    case news(Int)
    /// A command is applied and its reply heard; or its reply is slow.
    case arrive(Int)
    case slowReply(Int)
    case hear(Int)
    /// Its sender gives up; it was applied, never will be, or will be later.
    case loseReply(Int)
    case drop(Int)
    case delay(Int)
    /// It is applied and heard, and once more applied later.
    case double(Int)
    case refuse(Int)
    case notSent(Int)
    case effect(Int)
    case answer(Int)
    case refuseExecution(Int)
    /// The connection to the origin breaks; the effect that has not happened yet never will, or does later.
    case breakOff(Int)
    case breakOffEarly(Int)
    /// Time goes on to the next moment at which something is due; or to the end of the lease that stands.
    case tick
    case leap
    /// The store goes back to what stood before.
    case forget(Int)
    /// A node learns of it; puts back the next of what it holds; all have.
    case recognise(Int)
    case putBack(Int)
    case settle
  }

  /// Everything that can happen now.
  var steps: [Step] {
    var steps = ordinarySteps
    for (index, party) in parties.enumerated() where party.isAlive && !party.isOver && party.tries > 0 {
      if budget.crashes > 0 { steps += [.crash(index), .drain(index)] }
    }
    if budget.forgets > 0 { steps += past.indices.map(Step.forget) }
    if budget.losses > 0 {
      for (place, command) in commands.enumerated()
      where command.number != nil && command.reply == nil && admits(command) == nil {
        steps += [.drop(place), .delay(place), .notSent(place)]
        if isBehindAnother(place) { continue }
        steps += [.loseReply(place), .double(place), .slowReply(place)]
        if command.operation.kind != .read { steps.append(.refuse(place)) }
      }
    }
    if budget.origins > 0 {
      for (place, execution) in executions.enumerated() where execution.answers && !execution.isOver {
        steps.append(.breakOff(place))
        if !execution.hasEffect { steps += [.breakOffEarly(place), .refuseExecution(place)] }
      }
    }
    if budget.ticks > 0 {
      if nextMoment != nil { steps.append(.tick) }
      if let end = leaseEnd, end != nextMoment { steps.append(.leap) }
    }
    return steps
  }

  /// What happens without any fault, but for time.
  var ordinarySteps: [Step] {
    var steps: [Step] = []
    for place in commands.indices where !isBehindAnother(place) {
      steps.append(commands[place].reply == nil ? .arrive(place) : .hear(place))
    }
    for (place, execution) in executions.enumerated() where !execution.isOver {
      steps.append(execution.hasEffect ? .answer(place) : .effect(place))
    }
    for (index, party) in parties.enumerated() {
      if mayBegin(index) { steps.append(.begin(index)) }
      guard party.isAlive, !party.isOver else { continue }
      if party.preparedAt != nil { steps.append(.ready(index)) }
      if party.isWatching, party.hasNews { steps.append(.news(index)) }
      for timer in ExchangeTimer.allCases {
        if let due = party.timers[timer], due <= time { steps.append(.fire(index, timer)) }
      }
    }
    for (index, node) in nodes.enumerated() {
      if !node.knowsHistory { steps.append(.recognise(index)) }
      if node.knowsHistory, !node.returning.isEmpty { steps.append(.putBack(index)) }
    }
    if !isSettled, nodes.allSatisfy(\.isWhole) { steps.append(.settle) }
    return steps
  }

  /// What a node sends over one connection arrives, and is answered, in that order.
  private func isBehindAnother(_ place: Int) -> Bool {
    let command = commands[place]
    if command.isLate { return false }
    return commands[..<place].contains { other in
      other.party == command.party && !other.isLate && (command.reply != nil || other.reply == nil)
    }
  }

  private func mayBegin(_ index: Int) -> Bool {
    let party = parties[index]
    // Two that are alike are told apart by who begins.
    if party.tries == 0 { return index == 0 || parties[0].tries > 0 || !isSymmetrical }
    return budget.retries > 0 && !party.isFinal && (!party.isAlive || party.isOver)
  }

  private var isSymmetrical: Bool { !settings.isMismatch && settings.choices[0] == settings.choices[1] }

  /// The next moment at which a timer is due, or the end of the lease that stands.
  var nextMoment: Int64? {
    var next: Int64?
    for party in parties where party.isAlive && !party.isOver {
      for due in party.timers.values where due > time { next = min(next ?? due, due) }
    }
    return [next, leaseEnd].compactMap { $0 }.min()
  }

  /// When the lease that stands is over, if it is not.
  var leaseEnd: Int64? {
    guard let head, head.state == .reserved else { return nil }
    let end = head.leaseDeadline + 1 - SimulationSettings.epoch
    return end > time ? end : nil
  }
}

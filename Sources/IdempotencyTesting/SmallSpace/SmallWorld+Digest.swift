internal import Idempotency
internal import IdempotencyRedis

/// What tells one state from another.
extension SmallWorld {
  /// Two worlds with the same digest are taken for the same: among some millions of states, one pair in a million
  /// searches.
  ///
  /// Times count from now, and what is long past is over, however long.
  var digest: Int {
    var hasher = Hasher()
    hasher.combine(budget)
    if case .record(let stored) = table.standing(Self.key, now: storeTime) { hash(stored, into: &hasher) }
    for party in parties { hash(party, into: &hasher) }
    hasher.combine(executions)
    hasher.combine(isSettled)
    if budget.forgets > 0 || !isSettled || nodes.contains(where: { !$0.isWhole }) {
      for node in nodes { hash(node, into: &hasher) }
    }
    if budget.forgets > 0 {
      for table in past {
        if case .record(let stored) = table.standing(Self.key, now: storeTime) { hash(stored, into: &hasher) }
        hasher.combine(0)
      }
    }
    // Each node's in their order; those of different nodes, and late ones, in whatever order they were sent.
    for party in parties.indices {
      for command in commands where command.party == party && !command.isLate { hasher.combine(digest(of: command)) }
    }
    hasher.combine(commands.reduce(0) { $0 &+ ($1.isLate ? digest(of: $1) : 0) })
    hasher.combine(told)
    hasher.combine(highestAttempt)
    hasher.combine(isDisturbed)
    return hasher.finalize()
  }

  private func hash(_ node: Node, into hasher: inout Hasher) {
    hasher.combine(node.knowsHistory)
    hasher.combine(node.admitted)
    for keepsake in node.owed { hash(keepsake.record, into: &hasher) }
    hasher.combine(0)
    for keepsake in node.returning { hash(keepsake.record, into: &hasher) }
  }

  private func hash(_ party: Party, into hasher: inout Hasher) {
    hasher.combine(party.tries)
    hasher.combine(party.isAlive)
    hasher.combine(party.isOver)
    hasher.combine(party.isFinal)
    hasher.combine(party.isTakenBack)
    guard party.isAlive, !party.isOver else { return }
    party.engine.hash(into: &hasher, at: moment)
    hasher.combine(party.preparedAt == nil)
    hasher.combine(party.hasAnswer)
    for timer in ExchangeTimer.allCases { hasher.combine(party.timers[timer].map { max($0 - time, 0) }) }
    hasher.combine(party.isWatching)
    hasher.combine(party.hasNews)
    hasher.combine(party.hasTaken)
    hasher.combine(party.mayResend)
    hasher.combine(party.own)
  }

  private func digest(of command: Command) -> Int {
    var hasher = Hasher()
    hasher.combine(command.party)
    hasher.combine(command.number)
    switch command.reply {
    case .record(let stored): hash(stored, into: &hasher)
    case let reply: hasher.combine(reply)
    }
    hasher.combine(command.operation.kind)
    switch command.operation {
    case .reserve(let record, _): hash(record, into: &hasher)
    case .read: break
    case .complete(let token, let ownDeadline, let record, _):
      hasher.combine(token)
      hasher.combine(rest(ownDeadline))
      hash(record, into: &hasher)
    case .renew(let token, let deadline, let record, _):
      hasher.combine(token)
      hasher.combine(rest(deadline))
      hash(record, into: &hasher)
    case .release(let token, let expected, let isTainted, let record, _, _):
      hasher.combine(token)
      hasher.combine(expected)
      hasher.combine(isTainted)
      hash(record, into: &hasher)
    case .markUncertain(let token, let record, _):
      hasher.combine(token)
      hash(record, into: &hasher)
    case .reclaim(let expected, let expectedState, let record, _, _, let lost):
      hasher.combine(expected)
      hasher.combine(expectedState)
      hash(record, into: &hasher)
      if let lost { hash(lost, into: &hasher) }
    case .putBack, .resolve: preconditionFailure("nobody sends these: putting back is a step, and there is no operator")
    }
    return hasher.finalize()
  }

  private func hash(_ record: Record, into hasher: inout Hasher) {
    hash(record.head, into: &hasher)
    hasher.combine(record.metadata.status)
    hasher.combine(record.body)
  }

  private func hash(_ stored: StoredRecord, into hasher: inout Hasher) {
    hash(stored.head, into: &hasher)
    guard stored.head.state == .completed else { return }
    if let record = try? stored.decode() { hasher.combine(record.body) }
  }

  private func hash(_ head: RecordHead, into hasher: inout Hasher) {
    hasher.combine(head.state)
    hasher.combine(head.token)
    hasher.combine(head.fingerprint)
    hasher.combine(rest(head.leaseDeadline))
    hasher.combine(head.attempt)
    hasher.combine(head.unknownOutcome)
  }

  /// How much of a time of the store's is left; two leases ago is over, however long.
  private func rest(_ deadline: Int64) -> Int64 { max(deadline - storeTime, -2 * Self.lease) }
}

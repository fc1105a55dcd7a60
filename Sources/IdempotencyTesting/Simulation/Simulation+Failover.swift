internal import Idempotency

/// The store goes back: to its replica, or to the primary that it had before.
extension Simulation {
  /// The replica catches up, unless the store is away: then it stays as far behind as it is.
  mutating func replicate() {
    guard isFaulty else { return }
    if time < store.outageUntil {
      return schedule(.replicate, after: store.outageUntil - time + random.milliseconds(1...200))
    }
    store.replica = store.table
    store.changes = [:]
    schedule(.replicate, after: random.milliseconds(1...lag))
  }

  /// Another server takes over; what it does not have is gone, unless somebody puts it back.
  ///
  /// - Parameter isBack: It is the one that was left last, as it was then; only where that is not long ago.
  mutating func failover(isBack: Bool) {
    guard isFaulty else { return }
    met("failover")
    if nodes.contains(where: { $0.isAlive && $0.unanswered > 0 }) { met("failover while putting back") }
    if time < store.outageUntil, time - store.outageBegan + store.outageUntil - time > 2 * SimulationSettings.settle {
      met("outage longer than every window")
    }
    let keys = Set(clients.map(\.key)).sorted()
    let before = keys.map { standing($0) }
    let (table, offset) = (store.table, store.clockOffset)
    let lost: [Int: [Change]]
    let left = store.identity
    if isBack, let former = store.former, time - store.epochBegan < SimulationSettings.window - 1_000 {
      note("failover, back to the former primary")
      met("failover back")
      lost = store.changesSince
      store.changesSince = store.changesBefore
      store.table = former.table
      store.identity = former.identity
      store.clockOffset = former.clockOffset
    } else {
      note("failover")
      lost = store.changes
      store.changesSince = [:]
      store.table = store.replica
      store.identity = store.epoch + 1
      drawClockOffset()
    }
    store.former = (table, left, offset)
    store.epoch += 1
    store.epochBegan = time
    store.replica = store.table
    store.changes = [:]
    store.changesBefore = lost
    unsettle()
    for (key, old) in zip(keys, before) { forget(key, old, lost[key] ?? []) }
    for node in nodes.indices where nodes[node].isAlive { disconnect(node, for: noticing()) }
  }

  /// How long it takes a node to notice: a pause between tries, or as long as an idle connection takes to be found dead;
  /// few need longer than others wait.
  private mutating func noticing() -> Int64 {
    let kind = random.below(100)
    if kind < 20 { return random.milliseconds(1...60) }
    if kind < 65 { return random.milliseconds(5...SimulationSettings.backoff) }
    if kind < 96 { return random.milliseconds(SimulationSettings.backoff...SimulationSettings.settle - 700) }
    met("noticed too late")
    return random.milliseconds(SimulationSettings.settle - 700...3 * SimulationSettings.settle)
  }

  /// Finds whose changes were lost: not only what stood last, for any of it may be what nobody can put back.
  private mutating func forget(_ key: Int, _ old: StoredRecord?, _ lost: [Change]) {
    let standing = standing(key)
    // It may be back with the table, after all.
    if let head = standing?.head { store.forgotten[key]?.removeAll { $0.isBack(head) } }
    guard standing?.bytes != old?.bytes else { return }
    met("forgotten")
    note(key, standing, isForgotten: true)
    // Two owners may put back what they know: what is answered from now on may be the other's.
    if unprotected.contains(key) { lose(key, nil) }
    for change in lost {
      let record = Forgotten(holder: change.holder, head: change.head)
      // Back at the former primary, something later may stand there.
      if let head = standing?.head, record.isBack(head) { continue }
      guard isThere(change.holder) else {
        disturbed.insert(key)
        if change.head.state != .reserved || hasSomethingToLose(change.holder) { lose(key, .dead) }
        continue
      }
      let contact = nodes[exchanges[change.holder].node].lastHeard
      // Under execute-again a lease that is over ends its reservation, too: it is no more than an outcome then.
      let mayBeOld =
        change.head.state != .reserved
        || change.head.unknownOutcome == .executeAgain && change.head.leaseDeadline <= storeTime
      if mayBeOld, change.time < contact - SimulationSettings.window { lose(key, .old) }
      if !unprotected.contains(key) { store.forgotten[key, default: []].append(record) }
    }
  }
}

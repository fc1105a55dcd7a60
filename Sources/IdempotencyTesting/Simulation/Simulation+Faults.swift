internal import Idempotency

/// What goes wrong, and when.
extension Simulation {
  /// How far the replica is behind: as a rule a second; some are nearly a window behind, few beyond it.
  static func lag(_ random: inout SeededRandom) -> Int64 {
    let kind = random.below(100)
    return kind < 70 ? 1_000 : kind < 97 ? 4_000 : 12_000
  }

  /// Decides beforehand when what goes wrong.
  mutating func planFaults() {
    planStoreFaults()
    schedule(.replicate, after: random.milliseconds(1...500))
    for node in nodes.indices {
      schedule(.sweep(node), after: random.milliseconds(1_000...30_000))
      while random.chance(35) {
        let moment = random.milliseconds(0...healing)
        switch random.below(5) {
        case 0, 1:
          schedule(.crash(node), after: moment)
          schedule(.restart(node), after: moment + random.milliseconds(100...8_000))
        case 2: schedule(.suspend(node, random.milliseconds(200...9_000)), after: moment)
        case 3: schedule(.clockJump(node, random.chance(50) ? 600_000 : -600_000), after: moment)
        default:
          schedule(.drain(node), after: moment)
          schedule(.restart(node), after: moment + random.milliseconds(100...8_000))
        }
      }
    }
  }

  private mutating func planStoreFaults() {
    let calm = healing
    if random.chance(20) { store.armed = 1 + random.below(3) }
    while random.chance(25), healing < 150_000 {
      let moment = random.milliseconds(0...calm)
      planOutage(at: moment)
    }
    var moment = random.milliseconds(0...calm)
    var isFirst = true
    while random.chance(isFirst ? 30 : 40), healing < 150_000 {
      // Half of them are crashes: the store is away before another takes its place, or it comes back itself.
      var away: Int64 = 0
      if random.chance(50) {
        let before = random.milliseconds(0...200)
        away = planOutage(at: max(0, moment - before))
      }
      schedule(.failover(isBack: !isFirst && random.chance(40)), after: moment)
      // Half of the next ones strike when the store is back, and lose again what nodes have just put back.
      if random.chance(50) { moment += away }
      moment += random.chance(70) ? random.milliseconds(50...4_000) : random.milliseconds(0...calm)
      isFirst = false
    }
    if random.chance(10) { planClockStep(calm) }
    if random.chance(20) { schedule(.fill(random.milliseconds(100...6_000)), after: random.milliseconds(0...calm)) }
  }

  @discardableResult
  private mutating func planOutage(at moment: Int64) -> Int64 {
    let span =
      switch random.below(10) {
      case 0...4: random.milliseconds(100...6_000)
      case 5...7: random.milliseconds(6_000...20_000)
      default: random.milliseconds(20_000...60_000)
      }
    healing += span
    schedule(.outage(span), after: moment)
    return span
  }

  /// The store dies, is away, and comes back without its last writes.
  mutating func crashStore(after delay: Int64) {
    planOutage(at: delay)
    schedule(.failover(isBack: false), after: delay + 1)
  }

  private mutating func planClockStep(_ calm: Int64) {
    let offset = clockOffset()
    schedule(.clockStep(offset), after: random.milliseconds(0...calm))
  }

  private mutating func clockOffset() -> Int64 {
    random.milliseconds(-SimulationSettings.clockOffset...SimulationSettings.clockOffset)
  }

  /// A store's clock, as a failover finds it: half of them are right.
  mutating func drawClockOffset() {
    guard random.chance(50) else { return }
    met("clock offset changed")
    let offset = clockOffset()
    store.clockOffset = offset
    note("  the store's clock is off by \(offset)")
  }

  /// The store's clock is set while nodes are connected: they learn of it when they ask next.
  mutating func clockStep(_ offset: Int64) {
    guard isFaulty else { return }
    met("clock offset changed")
    met("clock step")
    let keys = clients.map(\.key)
    disturbed.formUnion(keys)
    store.clockOffset = offset
    note("the store's clock steps: it is off by \(offset)")
  }

  mutating func outage(_ span: Int64) {
    guard isFaulty else { return }
    note("the store is away for \(span)")
    met("outage")
    if time >= store.outageUntil { store.outageBegan = time }
    let end = min(max(store.outageUntil, time + span), healing)
    store.outageUntil = end
    for node in nodes.indices where nodes[node].isAlive {
      let notices = random.milliseconds(1...500)
      disconnect(node, for: notices)
    }
  }

  mutating func fill(_ span: Int64) {
    guard isFaulty else { return }
    note("the store is full for \(span)")
    store.fullUntil = min(time + span, healing)
  }

  mutating func clockJump(_ node: Int, _ step: Int64) {
    guard isFaulty else { return }
    note("N\(node)'s wall clock jumps by \(step)")
    met("clock jump")
    nodes[node].wallClock += step
  }

  /// The faults are over.
  mutating func heal() {
    note("the faults are over")
    healed()
    store.outageUntil = 0
    store.fullUntil = 0
    for node in nodes.indices where !nodes[node].isAlive || nodes[node].isDraining {
      nodes[node].isDraining = false
      if !nodes[node].isAlive { restart(node) }
    }
  }
}

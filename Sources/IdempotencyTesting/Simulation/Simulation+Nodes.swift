internal import Idempotency
internal import IdempotencyRedis

/// Nodes: processes that die, start again, are suspended, and lose their connection to the store.
extension Simulation {
  /// A node.
  struct Node {
    /// How far its upper bound of the store's time is ahead of it, in milliseconds.
    let skew: Int64
    /// How far its wall clock is off, which nobody must decide by.
    var wallClock: Int64 = 0
    var choice: UnknownOutcome
    var isAlive = true
    /// Grows with every start.
    var incarnation = 0
    var isDraining = false
    var suspendedUntil: Int64 = 0
    /// Which history of the store it is connected to.
    var epoch = 0
    /// When it noticed that history.
    var epochNoticed: Int64 = 0
    /// When it may reserve.
    var gateOpens: Int64 = 0
    /// What it would put back: the product's own.
    var registry = ReservationRegistry()
    /// Whose records it has put back, or puts back, into the present history.
    var returning: Set<OwnerToken> = []
    /// Keepsakes that have no reply yet.
    var unanswered = 0
  }

  mutating func makeNodes() {
    for _ in 0..<(settings.nodes.lowerBound + random.below(settings.nodes.count)) {
      let choice = settings.unknownOutcome ?? (random.chance(50) ? .hold : .executeAgain)
      nodes.append(Node(skew: random.milliseconds(0...100), choice: choice))
    }
  }

  /// Decides beforehand when what goes wrong.
  mutating func planFaults() {
    schedule(.replicate, after: random.milliseconds(1...500))
    for node in nodes.indices {
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
    if random.chance(25) { schedule(.failover, after: random.milliseconds(0...healing)) }
    if random.chance(25) {
      schedule(.outage(random.milliseconds(100...6_000)), after: random.milliseconds(0...healing))
    }
    if random.chance(20) { schedule(.fill(random.milliseconds(100...6_000)), after: random.milliseconds(0...healing)) }
  }

  mutating func crash(_ node: Int) {
    guard isFaulty, nodes[node].isAlive else { return }
    note("N\(node) dies")
    met("crash")
    nodes[node].isAlive = false
    for (key, holder) in store.forgotten where exchanges[holder].node == node { disturbed.insert(key) }
    for index in exchanges.indices where exchanges[index].node == node && !exchanges[index].isOver {
      exchanges[index].isOver = true
      disturbed.insert(exchanges[index].key)
      // Its client sees the connection fail.
      schedule(.clientGivesUp(exchanges[index].client, call: exchanges[index].call), after: 1)
    }
  }

  mutating func restart(_ node: Int) {
    if nodes[node].isAlive, !nodes[node].isDraining { return }
    // A node that drains and is not done by then is killed.
    if nodes[node].isAlive { crash(node) }
    note("N\(node) starts again")
    met("restart")
    nodes[node].isAlive = true
    nodes[node].isDraining = false
    nodes[node].incarnation += 1
    nodes[node].registry = ReservationRegistry()
    nodes[node].unanswered = 0
    connect(node, isNew: true)
  }

  mutating func drain(_ node: Int) {
    guard isFaulty, nodes[node].isAlive else { return }
    note("N\(node) drains")
    met("drain")
    nodes[node].isDraining = true
    for index in exchanges.indices where exchanges[index].node == node && !exchanges[index].isOver {
      if random.chance(50) { deliver(.abandon, to: index) }
    }
  }

  mutating func suspend(_ node: Int, _ span: Int64) {
    guard isFaulty, nodes[node].isAlive else { return }
    note("N\(node) is suspended for \(span)")
    met(span > SimulationSettings.lease ? "suspended beyond a lease" : "suspended")
    nodes[node].suspendedUntil = max(nodes[node].suspendedUntil, min(time + span, healing))
  }

  // MARK: The store has changed

  /// The connection is back; a history that this process does not know is not reserved in before it has settled.
  mutating func connect(_ node: Int, isNew: Bool) {
    guard isNew || nodes[node].epoch != store.epoch else { return }
    nodes[node].epoch = store.epoch
    nodes[node].epochNoticed = time
    let knowsHistory = isNew && store.epoch == 0
    nodes[node].gateOpens = knowsHistory ? time : .max
    var keepsakes = nodes[node].registry.keepsakes(at: moment(node).boot, time: storeTime)
    if settings.mutation == .nothingPutBack { keepsakes = [] }
    if settings.mutation == .releasesNotPutBack { keepsakes.removeAll { $0.record.head.state == .free } }
    let epoch = store.epoch
    note("N\(node) connects to history \(epoch), puts back \(keepsakes.count)")
    nodes[node].unanswered = keepsakes.count
    nodes[node].returning = Set(keepsakes.map(\.record.head.token))
    for keepsake in keepsakes {
      met("put back")
      let key = Int(keepsake.key.description.split(separator: ":")[2]) ?? 0
      schedule(
        .putBack(
          keepsake, key: key, node: node, incarnation: nodes[node].incarnation, epoch: store.epoch),
        after: random.milliseconds(1...20))
    }
    if keepsakes.isEmpty, !knowsHistory { nodes[node].gateOpens = time + SimulationSettings.settle }
  }

  /// A command that puts something back arrives at the store.
  mutating func putBack(_ keepsake: Keepsake, key: Int, node: Int, incarnation: Int, epoch: Int) {
    guard nodes[node].isAlive, nodes[node].incarnation == incarnation, nodes[node].epoch == epoch, epoch == store.epoch
    else { return }
    let again = Event.putBack(keepsake, key: key, node: node, incarnation: incarnation, epoch: epoch)
    // Sent again until it is answered; the reply may be lost, and then a second copy follows.
    var operation = keepsake.operation
    if settings.mutation == .earlierAttemptStays, let head = head(key), head.token != keepsake.record.head.token {
      operation = .read
    }
    guard time >= store.outageUntil,
      let reply = change(key, operation, by: "N\(node) again", isPutBack: true),
      !isFaulty || !random.chance(faultRate)
    else {
      return schedule(again, after: 50)
    }
    nodes[node].registry.note(keepsake.operation, reply, for: Self.recordKey(key), at: moment(node).boot)
    if reply == .outcome(.restored) { met("put back again") }
    // Under execute-again what comes back too late is not taken: somebody else may have begun.
    if reply == .outcome(.lost), store.forgotten[key].map({ exchanges[$0].node }) == node,
      nodes[node].choice == .executeAgain
    {
      met("put back too late")
      unprotected.insert(key)
    }
    nodes[node].unanswered -= 1
    if nodes[node].unanswered == 0 { nodes[node].gateOpens = time + SimulationSettings.settle }
  }

  /// Whether an exchange's node still lives the life in which it worked on it.
  func isThere(_ exchange: Int) -> Bool {
    let node = nodes[exchanges[exchange].node]
    return node.isAlive && node.incarnation == exchanges[exchange].incarnation
  }

  /// By what a node decides: its own clocks, and what it knows of the store's.
  func moment(_ node: Int) -> Moment {
    let wall = settings.mutation == .localClock ? nodes[node].wallClock : nodes[node].skew
    return Moment(
      boot: BootInstant(nanoseconds: (1_000_000 + time) * 1_000_000), server: storeTime + wall)
  }
}

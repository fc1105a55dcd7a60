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
    /// How far the store's clock was off when this node asked last.
    var clockOffset: Int64 = 0
    var choice: UnknownOutcome
    var isAlive = true
    /// Grows with every start.
    var incarnation = 0
    var isDraining = false
    var suspendedUntil: Int64 = 0
    /// It has a connection to the store.
    var isConnected = true
    /// Counts its connections; one that is being made for an earlier reason is made for nothing.
    var attempt = 0
    /// The identity of the store that it knows; nil for none.
    var identity: Int? = 0
    /// Counts the histories that it has met.
    var history = 0
    /// When it noticed the present one.
    var noticed: Int64 = 0
    /// When it may reserve.
    var gateOpens: Int64 = 0
    /// What it would put back: the product's own.
    var registry = ReservationRegistry()
    /// Whose records it has put back, or puts back, into the present history.
    var returning: Set<OwnerToken> = []
    /// Keepsakes that have no reply yet.
    var unanswered = 0
    /// When it last heard the store.
    var lastHeard: Int64 = 0
    /// When outcomes were acknowledged first, and which were put back; what the old rules would judge by.
    var acknowledged: [OwnerToken: Int64] = [:]
    var putBack: Set<OwnerToken> = []
  }

  /// What a command travels by.
  struct Link {
    let node: Int
    let incarnation: Int
    /// The node's count of histories.
    let history: Int
    /// The store's.
    let epoch: Int
    /// The reply has been in the socket of a busy loop.
    var isHeldUp = false
  }

  func link(_ node: Int) -> Link {
    Link(node: node, incarnation: nodes[node].incarnation, history: nodes[node].history, epoch: store.epoch)
  }

  /// Whether the process lives that sent something, and no other history has been recognised since.
  func isCurrent(_ link: Link) -> Bool {
    let node = nodes[link.node]
    return node.isAlive && node.incarnation == link.incarnation && node.history == link.history
  }

  mutating func makeNodes() {
    for _ in 0..<(settings.nodes.lowerBound + random.below(settings.nodes.count)) {
      let choice = settings.unknownOutcome ?? (random.chance(50) ? .hold : .executeAgain)
      nodes.append(Node(skew: random.milliseconds(0...100), choice: choice))
    }
  }

  mutating func crash(_ node: Int) {
    guard isFaulty, nodes[node].isAlive else { return }
    note("N\(node) dies")
    met("crash")
    nodes[node].isAlive = false
    for (key, records) in store.forgotten.sorted(by: { $0.key < $1.key }) {
      let own = records.filter { exchanges[$0.holder].node == node }
      if !own.isEmpty { disturbed.insert(key) }
      if own.contains(where: { $0.head.state != .reserved || hasSomethingToLose($0.holder) }) { lose(key, .dead) }
    }
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
    nodes[node].identity = nil
    nodes[node].history += 1
    nodes[node].unanswered = 0
    nodes[node].returning = []
    nodes[node].acknowledged = [:]
    nodes[node].putBack = []
    nodes[node].gateOpens = .max
    disconnect(node, for: 1)
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

  /// Drops what would not be put back any more, and asks the time, as the Redis store does each minute.
  mutating func sweep(_ node: Int) {
    if nodes[node].isAlive, isReachable(from: node) {
      nodes[node].clockOffset = store.clockOffset
      nodes[node].lastHeard = time
      let now = moment(node)
      nodes[node].registry.sweep(contact: now.boot, time: now.server ?? 0)
    }
    if isFaulty { schedule(.sweep(node), after: random.milliseconds(1_000...60_000)) }
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
      boot: BootInstant(nanoseconds: (1_000_000 + time) * 1_000_000),
      server: SimulationSettings.epoch + time + nodes[node].clockOffset + wall)
  }
}

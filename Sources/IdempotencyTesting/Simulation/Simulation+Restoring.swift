internal import Idempotency
internal import IdempotencyRedis

/// A node and the store's histories: connecting, recognising, putting back, and when it reserves again.
extension Simulation {
  /// A node loses its connection and has another no earlier than this, and not while the store is away.
  mutating func disconnect(_ node: Int, for span: Int64) {
    nodes[node].isConnected = false
    nodes[node].attempt += 1
    schedule(.reconnect(node, attempt: nodes[node].attempt), after: span)
  }

  mutating func reconnect(_ node: Int, _ attempt: Int) {
    guard nodes[node].isAlive, nodes[node].attempt == attempt else { return }
    if time < store.outageUntil {
      let span = store.outageUntil - time + random.milliseconds(1...SimulationSettings.backoff)
      return schedule(.reconnect(node, attempt: attempt), after: span)
    }
    connect(node)
  }

  /// Whether a node's commands arrive anywhere.
  func isReachable(from node: Int) -> Bool {
    nodes[node].isConnected && time >= store.outageUntil && nodes[node].identity == store.identity
  }

  /// The connection is back; a history that this process does not know is not reserved in before it has settled.
  private mutating func connect(_ node: Int) {
    nodes[node].isConnected = true
    let formerTime = moment(node).server ?? .min
    nodes[node].clockOffset = store.clockOffset
    guard nodes[node].identity != store.identity else {
      note("N\(node) connects again")
      let opening = max(nodes[node].gateOpens, store.epochBegan + SimulationSettings.settle)
      if nodes[node].gateOpens < .max {
        schedule(.gateOpens(node, history: nodes[node].history), after: opening - time)
      }
      return
    }
    nodes[node].identity = store.identity
    nodes[node].history += 1
    nodes[node].noticed = time
    nodes[node].gateOpens = settings.mutation == .opensAtOnce ? time : .max
    let (contact, now) = (nodes[node].lastHeard, moment(node))
    nodes[node].lastHeard = time
    let registry = nodes[node].registry
    registry.historyChanged()
    // A lease of the lost history is alive if it is by both clocks, as in the Redis store.
    let (all, owners) = registry.keepsakes(at: now.boot, time: max(formerTime, now.server ?? .min))
    // The registry gives them in the order of a hash table, which each process has for itself; a seed is one run.
    let keepsakes = all.filter { isPutBack($0, node, contact) }.sorted { Self.order($0) < Self.order($1) }
    let epoch = store.epoch
    note("N\(node) connects to history \(epoch), puts back \(keepsakes.count)")
    nodes[node].unanswered = keepsakes.count
    nodes[node].returning = owners.intersection(keepsakes.map(\.record.head.token))
    for keepsake in keepsakes {
      met("put back")
      schedule(.putBack(keepsake, link(node)), after: 0)
    }
    if keepsakes.isEmpty { openGate(node) }
  }

  private static func order(_ keepsake: Keepsake) -> (String, UInt8) {
    (keepsake.record.head.token.description, keepsake.record.head.state.rawValue)
  }

  /// False where a deliberate mistake leaves a keepsake out.
  private func isPutBack(_ keepsake: Keepsake, _ node: Int, _ contact: Int64) -> Bool {
    let head = keepsake.record.head
    let acknowledged = nodes[node].acknowledged[head.token] ?? time
    switch settings.mutation {
    case .nothingPutBack: return false
    case .releasesNotPutBack: return head.state != .free
    case .lapsedNotPutBack: return head.state != .reserved || head.leaseDeadline > storeTime
    case .outcomesAgeInOutages:
      return head.state == .reserved || acknowledged >= time - SimulationSettings.window
    case .putBackNotRemembered:
      return head.state == .reserved || !nodes[node].putBack.contains(head.token)
        || acknowledged >= contact - SimulationSettings.window
    default: return true
    }
  }

  /// All of a node's own is back: it reserves when the history has settled.
  private mutating func openGate(_ node: Int) {
    nodes[node].gateOpens = max(time, nodes[node].noticed + SimulationSettings.settle)
    schedule(.gateOpens(node, history: nodes[node].history), after: nodes[node].gateOpens - time)
  }

  /// From now on a node reserves: what others have not put back by now is not protected.
  mutating func gateOpens(_ node: Int, _ history: Int) {
    guard nodes[node].isAlive, nodes[node].history == history, nodes[node].identity == store.identity else { return }
    note("N\(node) has settled")
    settled()
    for (key, records) in store.forgotten.sorted(by: { $0.key < $1.key }) {
      let isLate = records.contains {
        let other = nodes[exchanges[$0.holder].node]
        return hasSomethingToLose($0.holder) && (other.identity != store.identity || other.unanswered > 0)
      }
      if isLate { lose(key, .late) }
    }
  }

  /// Whether something was sent to the origin: else nothing is lost with the record.
  func hasSomethingToLose(_ holder: Int) -> Bool { exchanges[holder].hasExecuted || exchanges[holder].hasSettled }

  // MARK: One keepsake

  private static func key(_ keepsake: Keepsake) -> Int { Int(keepsake.key.description.split(separator: ":")[2]) ?? 0 }

  /// Sends a keepsake, through the same network as any command; again until it is answered.
  mutating func putBack(_ keepsake: Keepsake, _ link: Link) {
    guard isCurrent(link) else { return }
    let link = self.link(link.node)
    let again = Event.putBack(keepsake, link)
    let timeout = SimulationSettings.storeTimeout
    guard isReachable(from: link.node) else { return schedule(again, after: 50) }
    let there = random.milliseconds(1...10)
    guard isFaulty, random.chance(faultRate) else {
      return schedule(.applyPutBack(keepsake, link, replies: true), after: there)
    }
    switch random.below(6) {
    case 0:
      met("lost reply of putBack")
      schedule(.applyPutBack(keepsake, link, replies: false), after: there)
      schedule(again, after: timeout + 50)
    case 1:
      met("lost putBack")
      schedule(again, after: timeout + 50)
    case 2:
      met("late copy of putBack")
      schedule(.applyPutBack(keepsake, link, replies: false), after: timeout + random.milliseconds(0...15_000))
      schedule(again, after: timeout + 50)
    case 3:
      met("second copy of putBack")
      schedule(.applyPutBack(keepsake, link, replies: true), after: there)
      schedule(.applyPutBack(keepsake, link, replies: false), after: there + random.milliseconds(0...15_000))
    case 4: schedule(again, after: 50)
    default:
      met("refused putBack")
      schedule(again, after: 500)
    }
  }

  /// A keepsake arrives at the store.
  mutating func applyPutBack(_ keepsake: Keepsake, _ link: Link, _ replies: Bool) {
    let again = Event.putBack(keepsake, link)
    guard link.epoch == store.epoch, time >= store.outageUntil else {
      if replies { schedule(again, after: SimulationSettings.storeTimeout) }
      return
    }
    var operation = keepsake.operation
    let (key, head) = (Self.key(keepsake), keepsake.record.head)
    if settings.mutation == .earlierAttemptStays, let standing = self.head(key), standing.token != head.token {
      operation = .read
    }
    let isLapsed = head.state == .reserved && head.leaseDeadline <= storeTime
    guard let reply = change(key, operation, by: holders[head.token], isPutBack: true) else {
      if replies { schedule(again, after: 50) }
      return
    }
    if head.state == .reserved, self.head(key)?.token == head.token {
      // What its owner knew is there; a renewal that it has never heard of is no promise.
      store.forgotten[key]?.removeAll { $0.head.token == head.token && $0.head.state == .reserved }
    }
    if reply == .outcome(.restored) {
      met("put back again")
      if isLapsed { met("lapsed reservation put back") }
      if nodes[link.node].putBack.contains(head.token), store.putBackIn[head.token] != store.epoch {
        met("put back twice")
      }
      store.putBackIn[head.token] = store.epoch
      nodes[link.node].putBack.insert(head.token)
    }
    if replies { schedule(.putBackReply(keepsake, reply, link), after: random.milliseconds(1...10)) }
  }

  mutating func hearPutBack(_ keepsake: Keepsake, _ reply: StoreReply, _ link: Link) {
    guard isCurrent(link) else { return }
    // The connection may have ended with the history before it was heard.
    if link.epoch != store.epoch, random.chance(50) { return putBack(keepsake, link) }
    nodes[link.node].lastHeard = time
    let now = moment(link.node).boot
    nodes[link.node].registry.note(keepsake.operation, reply, for: keepsake.key, at: now)
    nodes[link.node].unanswered -= 1
    if nodes[link.node].unanswered == 0 { openGate(link.node) }
  }
}

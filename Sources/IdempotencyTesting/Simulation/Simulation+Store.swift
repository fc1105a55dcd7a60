internal import Idempotency
internal import IdempotencyRedis
internal import NIOCore

/// The store: the memory store's own table, a replica that lags, and everything that goes wrong on the way to them.
extension Simulation {
  /// The store.
  struct Store {
    var table = MemoryTable(maximumByteCount: .max)
    /// What a failover falls back to.
    var replica = MemoryTable(maximumByteCount: .max)
    /// What the replica does not have, by key.
    var changes: [Int: [Change]] = [:]
    /// The primary that was left at the last failover; what it does not have, and what it has alone.
    var former: (table: MemoryTable, identity: Int, clockOffset: Int64)?
    var changesSince: [Int: [Change]] = [:]
    var changesBefore: [Int: [Change]] = [:]
    /// Counts failovers.
    var epoch = 0
    /// Names the server that is the primary; the same one may be it again.
    var identity = 0
    /// When the present one became it.
    var epochBegan: Int64 = 0
    /// How far its clock is off.
    var clockOffset: Int64 = 0
    var outageBegan: Int64 = 0
    var outageUntil: Int64 = 0
    var fullUntil: Int64 = 0
    /// What failovers forgot and that is not back, by key.
    var forgotten: [Int: [Forgotten]] = [:]
    /// Failovers that are still to come, each soon after some change.
    var armed = 0
    /// In which history a record was put back last.
    var putBackIn: [OwnerToken: Int] = [:]
  }

  /// A change of a record that a failover may forget.
  struct Change {
    let holder: Int
    let head: RecordHead
    let time: Int64
  }

  /// A record that stood before a failover.
  struct Forgotten {
    /// The exchange whose it was, in a process that lives.
    let holder: Int
    let head: RecordHead

    /// Whether this is what was forgotten, or what became of it.
    func isBack(_ standing: RecordHead) -> Bool {
      func rank(_ state: RecordState) -> Int { state == .reserved ? 0 : state == .uncertain ? 1 : 2 }
      if standing.attempt > head.attempt { return true }
      guard standing.token == head.token, standing.attempt == head.attempt else { return false }
      let (new, old) = (rank(standing.state), rank(head.state))
      return new > old || new == old && standing.leaseDeadline >= head.leaseDeadline
    }
  }

  private static let silent = StoreFailure(.unknown, "no reply")
  private static let away = StoreFailure(.notSent, "no connection")

  mutating func send(_ operation: StoreOperation, _ index: Int) {
    let kind = operation.kind
    checkCommand(kind, index)
    let node = exchanges[index].node
    func failing(_ failure: StoreFailure) -> Event { .exchange(index, .storeFailed(kind, failure)) }
    let link = self.link(node)
    func applying(_ replies: Bool) -> Event { .apply(operation, by: index, link, replies: replies) }
    let there = random.milliseconds(1...10)
    // Without a connection nothing is sent; a dead one swallows what is sent until it is noticed.
    guard isReachable(from: node) else {
      if time < store.outageUntil { met("no store") }
      return random.chance(50)
        ? schedule(failing(Self.away), after: 1)
        : schedule(failing(Self.silent), after: SimulationSettings.storeTimeout)
    }
    // In a history that has not settled nobody reserves, and an owner goes on only with what it has put back itself.
    if time < nodes[node].gateOpens, !isAdmitted(operation, index) {
      met("settling")
      return schedule(failing(StoreFailure(.refused(.settling), "settling")), after: 1)
    }
    if time < store.fullUntil, kind == .reserve || kind == .reclaim {
      met("full")
      return schedule(failing(StoreFailure(.refused(.full), "full")), after: there)
    }
    guard !exchanges[index].isProbe, isFaulty, random.chance(faultRate) else {
      return schedule(applying(true), after: there)
    }
    let timeout = SimulationSettings.storeTimeout
    switch random.below(6) {
    case 0:
      met("lost reply of \(kind)")
      schedule(applying(false), after: there)
      schedule(failing(Self.silent), after: timeout)
    case 1:
      met("lost \(kind)")
      schedule(failing(Self.silent), after: timeout)
    case 2:
      met("late copy of \(kind)")
      schedule(applying(false), after: timeout + random.milliseconds(0...15_000))
      schedule(failing(Self.silent), after: timeout)
    case 3:
      met("second copy of \(kind)")
      schedule(applying(true), after: there)
      schedule(applying(false), after: there + random.milliseconds(0...15_000))
    case 4: schedule(failing(Self.away), after: 1)
    default:
      guard kind != .read else { return schedule(applying(true), after: there) }
      met("refused \(kind)")
      schedule(failing(StoreFailure(.refused(.readOnly), "read-only")), after: there)
    }
  }

  /// Whether a node that has not settled sends a command.
  private func isAdmitted(_ operation: StoreOperation, _ index: Int) -> Bool {
    switch operation.kind {
    case .read: return true
    case .reserve, .reclaim: return false
    default:
      if settings.mutation == .everyOwnerGoesOn { return true }
      let exchange = exchanges[index]
      let node = nodes[exchange.node]
      return node.unanswered == 0 && node.returning.contains(exchange.engine.ownerToken)
    }
  }

  /// A command arrives at the store.
  mutating func apply(_ operation: StoreOperation, by index: Int, _ link: Link, _ replies: Bool) {
    let key = exchanges[index].key
    // Its connection ended with the history it belonged to.
    guard link.epoch == store.epoch, time >= store.outageUntil else {
      if replies {
        schedule(
          .exchange(index, .storeFailed(operation.kind, Self.silent)), after: SimulationSettings.storeTimeout)
      }
      return
    }
    var operation = operation
    if settings.mutation == .completeIgnoresToken, case .complete(_, let deadline, let record, let ttl) = operation,
      let token = head(key)?.token
    {
      operation = .complete(token: token, ownDeadline: deadline, record: record, ttl: ttl)
    }
    let reply = change(key, operation, by: index)
    guard replies else { return }
    guard let reply else {
      return schedule(
        .exchange(index, .storeFailed(operation.kind, StoreFailure(.refused(.full), "full"))), after: 1)
    }
    let back = isFaulty && random.chance(10) ? random.milliseconds(10...150) : random.milliseconds(1...10)
    schedule(.reply(operation, reply, to: index, link), after: back)
  }

  /// A reply is there: what a node remembers, it remembers now, and only where no other history is known by now.
  mutating func hear(_ operation: StoreOperation, _ reply: StoreReply, _ index: Int, _ link: Link) {
    let node = link.node
    guard nodes[node].isAlive, nodes[node].incarnation == link.incarnation else { return }
    // Its loop may be busy, while another one of the process learns of the new history.
    if link.epoch != store.epoch, !link.isHeldUp, random.chance(50) {
      var link = link
      link.isHeldUp = true
      return schedule(.reply(operation, reply, to: index, link), after: random.milliseconds(1...400))
    }
    let isStale = nodes[node].history != link.history && settings.mutation != .repliesOfOldHistory
    // On its way when the history ended: it may have come before the connection did, or not.
    if isStale || link.epoch != store.epoch && random.chance(50) {
      met("reply lost at a failover")
      return deliver(.storeFailed(operation.kind, Self.silent), to: index)
    }
    if link.epoch != store.epoch { met("reply heard after a failover") }
    nodes[node].lastHeard = time
    switch operation {
    case .complete(let token, _, _, _), .markUncertain(let token, _, _), .release(let token, _, _, _, _, _):
      if nodes[node].acknowledged[token] == nil { nodes[node].acknowledged[token] = time }
    default: break
    }
    let now = moment(node).boot
    nodes[node].registry.note(operation, reply, for: Self.recordKey(exchanges[index].key), at: now)
    deliver(.storeReplied(operation.kind, reply), to: index)
  }

  /// Applies a command and writes down what became of the record; nil where the store is full.
  mutating func change(
    _ key: Int, _ operation: StoreOperation, by index: Int?, isPutBack: Bool = false
  ) -> StoreReply? {
    let before = standing(key)
    let result = Result { () throws(StoreFailure) in
      try store.table.perform(operation, for: Self.recordKey(key), now: storeTime)
    }
    guard case .success(let reply) = result else { return nil }
    let after = standing(key)
    let nonce = index.map { exchanges[$0].nonce } ?? "nobody"
    note("  store: \(EngineText.text(operation)) of \(nonce): \(Self.text(before?.head)) -> \(Self.text(after?.head))")
    if before?.bytes != after?.bytes {
      note(key, after, isPutBack: isPutBack)
      if let head = after?.head { changed(key, head, reply, by: index) }
    }
    if !isPutBack, let index { checkGrant(key, reply, to: index) }
    if operation.kind.settles(reply) {
      for index in exchanges.indices where exchanges[index].key == key && exchanges[index].isWatching { tell(index) }
    }
    return reply
  }

  /// Remembers a change until the replica has it.
  private mutating func changed(_ key: Int, _ head: RecordHead, _ reply: StoreReply, by index: Int?) {
    // Settled for a lost executor: from now on it is this one's.
    if case .settled = reply, let index {
      holders[head.token] = index
      exchanges[index].hasSettled = true
    }
    store.forgotten[key]?.removeAll { $0.isBack(head) }
    // The moment that matters most: the replica does not have it yet.
    if store.armed > 0, isFaulty, random.chance(15) {
      store.armed -= 1
      let span = random.chance(40) ? random.milliseconds(0...4) : random.milliseconds(0...800)
      if random.chance(30) { crashStore(after: span) } else { schedule(.failover(isBack: false), after: span) }
    }
    // What happened before a completion explains no uncertainty any more.
    if head.state == .completed { disturbed.remove(key) }
    // What somebody else calls uncertain is called so again.
    if case .nowUncertain = reply { return }
    guard let holder = holders[head.token] else { return }
    let change = Change(holder: holder, head: head, time: time)
    store.changes[key, default: []].append(change)
    store.changesSince[key, default: []].append(change)
  }

  func standing(_ key: Int) -> StoredRecord? {
    if case .record(let stored) = store.table.standing(Self.recordKey(key), now: storeTime) { stored } else { nil }
  }

  func head(_ key: Int) -> RecordHead? { standing(key)?.head }

  mutating func note(
    _ key: Int, _ stored: StoredRecord?, isForgotten: Bool = false, isPutBack: Bool = false
  ) {
    let rest = stored.map { String(buffer: $0.bytes).dropFirst(RecordHead.byteCount) } ?? ""
    record(
      History.State(
        key: Self.name(key), time: nanoseconds, head: stored?.head, rest: String(rest),
        timeToLive: store.table.timeToLive(of: Self.recordKey(key), now: storeTime), isForgotten: isForgotten,
        isPutBack: isPutBack, storeTime: storeTime))
  }

  // MARK: Watching

  /// Begins to tell an exchange of changes; the store tells it once at the beginning.
  mutating func watch(_ index: Int) {
    met("waited")
    if exchanges[index].isWatching { violate("E18", "\(exchanges[index].nonce) watches twice") }
    if exchanges[index].callerHasLeft { violate("W9", "\(exchanges[index].nonce) begins to wait for nobody") }
    exchanges[index].isWatching = true
    exchanges[index].hasWaited = true
    tell(index)
  }

  /// Tells of a change, unless the telling is lost; it may arrive when nobody wants to know any more.
  private mutating func tell(_ index: Int) {
    if isFaulty, random.chance(faultRate) {
      met("lost change")
    } else {
      schedule(.exchange(index, .changed), after: random.milliseconds(1...10))
    }
  }
}

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
    /// Counts the histories.
    var epoch = 0
    /// When the present one began.
    var epochBegan: Int64 = 0
    var outageUntil: Int64 = 0
    var fullUntil: Int64 = 0
    /// Keys whose last change a failover forgot, with the exchange whose it was.
    var forgotten: [Int: Int] = [:]
  }

  private static let silent = StoreFailure(.unknown, "no reply")
  private static let away = StoreFailure(.notSent, "no connection")

  mutating func send(_ operation: StoreOperation, _ index: Int) {
    let kind = operation.kind
    checkCommand(kind, index)
    let node = exchanges[index].node
    func failing(_ failure: StoreFailure) -> Event { .exchange(index, .storeFailed(kind, failure)) }
    func applying(_ replies: Bool) -> Event { .apply(operation, by: index, epoch: store.epoch, replies: replies) }
    let there = random.milliseconds(1...10)
    // Without a connection nothing is sent, and a node that does not know the history does not reserve in it.
    guard nodes[node].epoch == store.epoch else { return schedule(failing(Self.away), after: 1) }
    // Nor does an owner go on but with what was put back.
    if time < nodes[node].gateOpens, !isAdmitted(operation, index) {
      met("settling")
      return schedule(failing(StoreFailure(.refused(.settling), "settling")), after: 1)
    }
    if time < store.outageUntil {
      met("outage")
      return random.chance(50)
        ? schedule(failing(Self.away), after: 1)
        : schedule(failing(Self.silent), after: SimulationSettings.storeTimeout)
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
  mutating func apply(_ operation: StoreOperation, by index: Int, _ epoch: Int, _ replies: Bool) {
    let (key, node) = (exchanges[index].key, exchanges[index].node)
    // Its connection ended with the history it belonged to.
    guard epoch == store.epoch, time >= store.outageUntil else {
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
    let reply = change(key, operation, by: exchanges[index].nonce)
    guard replies else { return }
    guard let reply else {
      return schedule(
        .exchange(index, .storeFailed(operation.kind, StoreFailure(.refused(.full), "full"))), after: 1)
    }
    let back = random.milliseconds(1...10)
    // What a node remembers, it remembers when the reply is there; a node that is dead by then remembers nothing.
    if nodes[node].isAlive {
      nodes[node].registry.note(operation, reply, for: Self.recordKey(key), at: moment(node).boot)
    }
    schedule(.exchange(index, .storeReplied(operation.kind, reply)), after: back)
  }

  /// Applies a command and writes down what became of the record; nil where the store is full.
  mutating func change(
    _ key: Int, _ operation: StoreOperation, by who: String, isPutBack: Bool = false
  ) -> StoreReply? {
    let before = standing(key)
    let result = Result { () throws(StoreFailure) in
      try store.table.perform(operation, for: Self.recordKey(key), now: storeTime)
    }
    guard case .success(let reply) = result else { return nil }
    let after = standing(key)
    note("  store: \(EngineText.text(operation)) of \(who): \(Self.text(before?.head)) -> \(Self.text(after?.head))")
    if before?.bytes != after?.bytes {
      note(key, after, isPutBack: isPutBack)
      // Its owner is back.
      if let holder = store.forgotten[key], after?.head.token == exchanges[holder].engine.ownerToken {
        store.forgotten[key] = nil
      }
    }
    if !isPutBack { checkGrant(key, reply) }
    if operation.kind.settles(reply) {
      for index in exchanges.indices where exchanges[index].key == key && exchanges[index].isWatching { tell(index) }
    }
    return reply
  }

  private func standing(_ key: Int) -> StoredRecord? {
    if case .record(let stored) = store.table.standing(Self.recordKey(key), now: storeTime) { stored } else { nil }
  }

  func head(_ key: Int) -> RecordHead? { standing(key)?.head }

  private mutating func note(
    _ key: Int, _ stored: StoredRecord?, isForgotten: Bool = false, isPutBack: Bool = false
  ) {
    let rest = stored.map { String(buffer: $0.bytes).dropFirst(RecordHead.byteCount) } ?? ""
    record(
      History.State(
        key: Self.name(key), time: nanoseconds, head: stored?.head, rest: String(rest),
        timeToLive: store.table.timeToLive(of: Self.recordKey(key), now: storeTime), isForgotten: isForgotten,
        isPutBack: isPutBack))
  }

  // MARK: Replication

  mutating func replicate() {
    store.replica = store.table
    if isFaulty { schedule(.replicate, after: random.milliseconds(1...1_000)) }
  }

  /// The replica takes over; what it does not have is gone, unless somebody puts it back.
  mutating func failover() {
    guard isFaulty else { return }
    note("failover")
    met("failover")
    let keys = Set(clients.map(\.key)).sorted()
    let before = keys.map { standing($0) }
    store.table = store.replica
    store.epoch += 1
    store.epochBegan = time
    for (key, old) in zip(keys, before) where standing(key)?.bytes != old?.bytes {
      met("forgotten")
      note(key, standing(key), isForgotten: true)
      // An answer that was stored for a lost executor has nobody who would put it back.
      let holder = exchanges.firstIndex { old?.head.token == $0.engine.ownerToken }
      store.forgotten[key] = holder
      if holder.map({ !isThere($0) }) ?? true { disturbed.insert(key) }
    }
    for node in nodes.indices {
      schedule(.reconnect(node, epoch: store.epoch), after: random.milliseconds(10...SimulationSettings.reconnect))
    }
  }

  mutating func outage(_ span: Int64) {
    guard isFaulty else { return }
    note("the store is away for \(span)")
    store.outageUntil = min(time + span, healing)
  }

  mutating func fill(_ span: Int64) {
    guard isFaulty else { return }
    note("the store is full for \(span)")
    store.fullUntil = min(time + span, healing)
  }

  // MARK: Watching

  /// Begins to tell an exchange of changes; the store tells it once at the beginning.
  mutating func watch(_ index: Int) {
    met("waited")
    if exchanges[index].isWatching { violate("E18", "\(exchanges[index].nonce) watches twice") }
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

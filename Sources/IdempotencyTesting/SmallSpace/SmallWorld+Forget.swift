internal import Idempotency
internal import IdempotencyRedis

/// The store forgets its last changes, and nodes put back what they know, with the product's own registry.
///
/// A node notices at any time, and puts back at any time. The store settles when all have: that nobody comes later is
/// an assumption here; the simulation has those that do.
extension SmallWorld {
  /// The table becomes an earlier one; connections end with what is on its way to it.
  mutating func forget(_ place: Int) {
    budget.forgets -= 1
    situations.insert("forgotten")
    table = past[place]
    past = budget.forgets > 0 ? Array(past[...place]) : []
    isSettled = settings.mutation == .opensAtOnce
    for node in nodes.indices { nodes[node].knowsHistory = false }
    // Replies that are on their way may be heard yet, until a node knows the new history.
    let lost = commands.filter { $0.reply == nil }
    commands.removeAll { $0.reply == nil }
    for command in lost { fail(command, Self.silent) }
  }

  /// A node learns that the store has another history.
  mutating func recognise(_ index: Int) {
    if settings.mutation != .repliesOfOldHistory {
      let own = Set(parties.indices.filter { parties[$0].node == index })
      let lost = commands.filter { own.contains($0.party) }
      commands.removeAll { own.contains($0.party) }
      for command in lost { fail(command, Self.silent) }
    }
    let registry = registry(of: nodes[index])
    registry.historyChanged()
    nodes[index].notes.append(Note(operation: .read, reply: .absent, time: time, isEnd: true))
    nodes[index].knowsHistory = true
    let (all, owners) = registry.keepsakes(at: moment.boot, time: moment.server)
    nodes[index].returning = all.filter(isPutBack)
    nodes[index].admitted = owners.intersection(nodes[index].returning.map(\.record.head.token))
    if !nodes[index].returning.isEmpty { situations.insert("put back") }
  }

  /// False where a deliberate mistake leaves a keepsake out.
  private func isPutBack(_ keepsake: Keepsake) -> Bool {
    let head = keepsake.record.head
    switch settings.mutation {
    case .nothingPutBack: return false
    case .releasesNotPutBack: return head.state != .free
    case .lapsedNotPutBack: return head.state != .reserved || head.leaseDeadline > storeTime
    default: return true
    }
  }

  /// A node puts back the next of what it holds, and hears of it.
  mutating func putBack(_ index: Int) {
    let keepsake = nodes[index].returning.removeFirst()
    let before = head
    guard let reply = try? table.perform(keepsake.operation, for: Self.key, now: storeTime) else { return }
    if reply == .outcome(.restored) {
      situations.insert(keepsake.record.head.leaseDeadline <= storeTime ? "put back lapsed" : "put back again")
    }
    checkPutBack(from: before, keepsake.record.head)
    note(keepsake.operation, reply, at: index)
  }

  /// Whether the store takes a command of a node.
  func admits(_ command: Command) -> StoreFailure? {
    let index = node(of: command)
    guard nodes.indices.contains(index) else { return nil }
    guard nodes[index].knowsHistory else { return StoreFailure(.notSent, "no connection") }
    if isSettled || settings.mutation == .everyOwnerGoesOn && !command.operation.takesKey { return nil }
    if command.operation.kind == .read { return nil }
    let isOwn = !command.operation.takesKey && nodes[index].isWhole
    if isOwn, nodes[index].admitted.contains(parties[command.party].engine.ownerToken) { return nil }
    return StoreFailure(.refused(.settling), "settling")
  }

  func node(of command: Command) -> Int { parties[command.party].node }

  /// A node hears a reply: what it would put back may be something else now.
  mutating func note(_ operation: StoreOperation, _ reply: StoreReply, at index: Int) {
    guard nodes.indices.contains(index), budget.forgets > 0 || !nodes[index].knowsHistory else { return }
    nodes[index].notes.append(Note(operation: operation, reply: reply, time: time))
    let registry = registry(of: nodes[index])
    registry.historyChanged()
    nodes[index].owed = registry.keepsakes(at: moment.boot, time: .min).all.sorted {
      "\($0.record.head)" < "\($1.record.head)"
    }
  }

  private func registry(of node: Node) -> ReservationRegistry {
    let registry = ReservationRegistry()
    for note in node.notes {
      if note.isEnd {
        registry.historyChanged()
      } else {
        let boot = BootInstant(nanoseconds: (1_000_000 + note.time) * 1_000_000)
        registry.note(note.operation, note.reply, for: Self.key, at: boot)
      }
    }
    return registry
  }

  private mutating func checkPutBack(from before: RecordHead?, _ own: RecordHead) {
    guard let before, let after = head, before != after else { return }
    if after.attempt < before.attempt { violate("I7", "putting back takes the attempt back") }
    if before.state == .completed { violate("I5", "putting back changes what is completed") }
    if before.token != after.token, after.attempt == before.attempt {
      violate("I7", "putting back takes another's place")
    }
  }
}

extension StoreOperation {
  /// Whether it takes the key, which nobody may before the store has settled.
  fileprivate var takesKey: Bool { kind == .reserve || kind == .reclaim }
}

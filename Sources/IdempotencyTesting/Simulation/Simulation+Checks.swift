internal import Idempotency
internal import NIOCore

/// What only the inside of a run knows, and must hold whatever happens.
extension Simulation {
  /// What a caller is told.
  mutating func answer(_ answer: Engine.Answer, _ index: Int) {
    let exchange = exchanges[index]
    note("\(exchange.nonce) \(EngineText.text(answer))")
    exchanges[index].answers += 1
    if exchange.answers > 0 { violate("E", "\(exchange.nonce) answers twice") }
    // Where the origin said nothing, the engine's stand-in is the answer, the same bytes that it stored.
    let own = exchange.own ?? exchange.engine.stoodIn.map { String(buffer: $0.body) }
    let seen = Self.seen(answer, own: own)
    // A key that stays uncertain has a cause: a death, a silence, an answer that broke off. A lease that merely ended
    // under a living owner leaves it so until the owner completes.
    let isLasting = if case .own(.uncertain, _) = answer { true } else { exchange.isLast }
    if seen.status == .uncertain, isLasting, !disturbed.contains(exchange.key) {
      violate("P_CAUSE", "\(exchange.nonce) is told uncertain, and nothing has happened")
    }
    if seen.status == .executed, seen.isPending { met("pending") }
    if seen.status == .replayed { met("replay") }
    if seen.status == .uncertain { met("uncertain") }
    if case .settled = answer { met("settled") }
    if case .superseded = answer { met("superseded") }
    if exchange.isLast, seen.status == .uncertain,
      settings.unknownOutcome == .store || settings.unknownOutcome == .executeAgain
    {
      violate("I10", "\(exchange.nonce): uncertain when all is over")
    }
    answered(exchange.client, call: exchange.call, seen)
  }

  /// A waiter reads and nothing else; afterwards it tries to take the key once (rule E18).
  mutating func checkCommand(_ kind: StoreOperation.Kind, _ index: Int) {
    let nonce = exchanges[index].nonce
    if !exchanges[index].inFlight.insert(kind).inserted { violate("E", "\(nonce) sends two \(kind) at a time") }
    if exchanges[index].isWatching, kind != .read { violate("E18", "\(nonce) sends \(kind) while it waits") }
    guard exchanges[index].hasWaited, kind == .reserve || kind == .reclaim else { return }
    met("\(kind) after waiting")
    if exchanges[index].hasTaken, !exchanges[index].mayResend {
      violate("E18", "\(nonce) takes the key more than once after waiting")
    }
    exchanges[index].hasTaken = true
    exchanges[index].mayResend = false
  }

  /// What the store forgot must be back before anybody else is granted the key; the promise for a key ends, by ``lose``,
  /// before that where nobody was there in time.
  mutating func checkGrant(_ key: Int, _ reply: StoreReply, to index: Int) {
    guard let records = store.forgotten[key], !records.isEmpty else { return }
    switch reply {
    case .granted, .reclaimed, .settled: break
    // An uncertain key is granted to nobody, and its owner's late completion ends that.
    case .nowUncertain:
      disturbed.insert(key)
      return
    default: return
    }
    store.forgotten[key] = nil
    guard !unprotected.contains(key) else { return }
    for record in records where record.holder != index && isMissed(record, reply) {
      // Nothing tells this process that others have been elsewhere meanwhile.
      let node = nodes[exchanges[index].node]
      if node.noticed < store.epochBegan, node.identity == store.identity { return lose(key, .stayed) }
      let nonce = exchanges[record.holder].nonce
      return violate("X8", "\(Self.name(key)) is granted to another though \(nonce) was there to put it back")
    }
  }

  private func isMissed(_ record: Forgotten, _ reply: StoreReply) -> Bool {
    // One that has sent nothing to the origin has nothing to lose; should it send something later, I1 sees it.
    guard exchanges[record.holder].hasExecuted else { return false }
    // A lease that is over even as its owner knew it last ends as it would have done without a loss.
    let isKnown = nodes[exchanges[record.holder].node].acknowledged[record.head.token] != nil
    guard record.head.state == .reserved || !isKnown, record.head.leaseDeadline <= storeTime else { return true }
    switch reply {
    case .reclaimed(let attempt): return attempt <= record.head.attempt
    case .settled: return false
    default: return true
    }
  }

  /// The end: everybody who lived was answered.
  mutating func finish() {
    for exchange in exchanges where nodes[exchange.node].isAlive && !exchange.isOver {
      violate("E", "\(exchange.nonce) never ends")
    }
    for exchange in exchanges where exchange.isOver && exchange.answers > 1 {
      violate("E", "\(exchange.nonce) was answered \(exchange.answers) times")
    }
    for (node, state) in nodes.enumerated() where state.isAlive && state.unanswered > 0 {
      violate("X8", "N\(node) never puts all back")
    }
  }

  // MARK: Texts

  /// What a client reads of an answer.
  private static func seen(_ answer: Engine.Answer, own: String?) -> History.Call.Answer {
    func body(_ stored: StoredRecord) -> String {
      (try? stored.decode()).map { String(buffer: $0.body) } ?? "cannot be read"
    }
    switch answer {
    case .own(.executed, let pending):
      return .init(status: .executed, body: own ?? "", isPending: pending)
    case .own(.released, _): return .init(status: .released, body: "released")
    case .own(.uncertain, _), .uncertain, .superseded: return .init(status: .uncertain, body: "uncertain")
    case .own(.unguarded, _): return .init(status: .unguarded, body: own ?? "")
    case .replay(let stored): return .init(status: .replayed, body: body(stored))
    case .settled(let stored): return .init(status: .replayed, body: String(buffer: stored.body))
    case .notRetained: return .init(status: .notRetained, body: "not retained")
    case .inProgress: return .init(status: .inProgress, body: "in progress")
    case .mismatch: return .init(status: .mismatch, body: "mismatch")
    case .unavailable, .stopping, .unreadable: return .init(status: .failed, body: "failed")
    }
  }

  static func text(_ head: RecordHead?) -> String {
    guard let head else { return "absent" }
    return "\(head.state) \(head.attempt) until \(head.leaseDeadline - SimulationSettings.epoch)"
  }

  static func text(_ event: ExchangeEvent<OperationOutcome>) -> String {
    switch event {
    case .storeReplied(let kind, .record(let stored)): "\(kind): \(text(stored.head))"
    case .storeReplied(let kind, let reply): "\(kind): \(reply)"
    case .storeFailed(let kind, let failure): "\(kind): \(failure.kind)"
    case .operation(.done): "operation done"
    case .operation(.released): "operation released"
    case .operation(.unknown): "operation unknown"
    default: "\(event)"
    }
  }
}

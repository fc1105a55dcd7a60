internal import Idempotency
internal import IdempotencyRedis
internal import NIOCore

/// Exchanges: the real engine, and the shell around it.
extension Simulation {
  /// One request that a node works on.
  struct Exchange {
    var engine: Engine
    let node: Int
    /// Which life of its node it belongs to.
    let incarnation: Int
    let key: Int
    let body: Int
    let nonce: String
    let client: Int
    let call: Int
    /// It meets no faults: it is asked when they are over.
    let isProbe: Bool
    /// It asks how the key has settled: its answer must be definite.
    let isLast: Bool
    /// It is finished, or its node has died.
    var isOver = false
    var answers = 0
    var inFlight: Set<StoreOperation.Kind> = []
    var timers: [ExchangeTimer: Int] = [:]
    var isWatching = false
    var hasWaited = false
    /// Its node knows that its caller has left.
    var callerHasLeft = false
    /// It tried to take the key after it had waited; once.
    var hasTaken = false
    /// The try has no reply and may be sent again.
    var mayResend = false
    var hasExecuted = false
    /// It has stored an answer in a lost executor's place.
    var hasSettled = false
    var hadEffect = false
    /// What the operation's own answer is.
    var own: String?
  }

  /// A request arrives at a node.
  mutating func begin(client: Int, call: Int, nonce: String, on node: Int) {
    let index = exchanges.count
    let (key, body) = (clients[client].key, clients[client].body)
    exchanges.append(
      Exchange(
        engine: makeEngine(node, body, token: token(), nonce), node: node, incarnation: nodes[node].incarnation,
        key: key,
        body: body, nonce: nonce, client: client, call: call, isProbe: clients[client].isProbe,
        isLast: clients[client].isLast))
    holders[exchanges[index].engine.ownerToken] = index
    if nodes[node].isDraining {
      exchanges[index].isOver = true
      return answer(.stopping, index)
    }
    schedule(.exchange(index, .start), after: clients[client].isProbe ? 1 : random.milliseconds(0...3))
  }

  private mutating func token() -> OwnerToken { OwnerToken(high: random.next(), low: random.next()) }

  private mutating func makeEngine(_ node: Int, _ body: Int, token: OwnerToken, _ nonce: String) -> Engine {
    var policy = ExecutionPolicy()
    policy.unknownOutcome = nodes[node].choice
    policy.lease = .milliseconds(SimulationSettings.lease)
    policy.originTimeout = .milliseconds(originTimeout)
    policy.lateAnswer = .milliseconds(SimulationSettings.lateAnswer)
    if random.chance(40) { policy.onInProgress = .wait(upTo: .milliseconds(random.milliseconds(1...9_000))) }
    return Engine(
      fingerprint: Self.fingerprint(body), policy: policy, token: token, worker: "N\(node)"
    ) { standIn in
      StoredAnswer(status: 504, body: ByteBuffer(string: "no answer to \(nonce): \(standIn)"))
    }
  }

  mutating func handle(_ event: Event, number: Int) {
    // A node that is suspended notices nothing, and everything at once when it wakes.
    if let node = node(of: event), nodes[node].isAlive, nodes[node].suspendedUntil > time {
      return postpone(event, to: nodes[node].suspendedUntil, number: number)
    }
    switch event {
    case .clientSends(let client): clientSends(client)
    case .clientGivesUp(let client, let call): clientGivesUp(client, call: call)
    case .exchange(let index, let event): deliver(event, to: index)
    case .ready(let index, let moment):
      // With the mistake, the moment is the one at which the node fell asleep.
      let isFrozen = settings.mutation == .clockStopsInSuspension
      deliver(.ready, to: index, at: isFrozen ? moment : self.moment(exchanges[index].node))
    case .timer(let index, let timer, let generation):
      guard exchanges[index].timers[timer] == generation else { return }
      deliver(.timer(timer), to: index)
    case .apply(let operation, let index, let link, let replies): apply(operation, by: index, link, replies)
    case .reply(let operation, let reply, let index, let link): hear(operation, reply, index, link)
    case .putBack(let keepsake, let link): putBack(keepsake, link)
    case .applyPutBack(let keepsake, let link, let replies): applyPutBack(keepsake, link, replies)
    case .putBackReply(let keepsake, let reply, let link): hearPutBack(keepsake, reply, link)
    case .gateOpens(let node, let history): gateOpens(node, history)
    case .sweep(let node): sweep(node)
    case .effect(let index): effect(index)
    case .crash(let node): crash(node)
    case .restart(let node): restart(node)
    case .suspend(let node, let span): suspend(node, span)
    case .drain(let node): drain(node)
    case .reconnect(let node, let attempt): reconnect(node, attempt)
    case .replicate: replicate()
    case .failover(let isBack): failover(isBack: isBack)
    case .outage(let span): outage(span)
    case .clockStep(let offset): clockStep(offset)
    case .fill(let span): fill(span)
    case .clockJump(let node, let step): clockJump(node, step)
    case .heal: heal()
    case .probe(let key, let isLast): probe(key, isLast: isLast)
    }
  }

  private func node(of event: Event) -> Int? {
    switch event {
    case .exchange(let index, _), .ready(let index, _), .timer(let index, _, _): exchanges[index].node
    case .reply(_, _, _, let link), .putBack(_, let link), .putBackReply(_, _, let link): link.node
    case .reconnect(let node, _), .drain(let node), .sweep(let node), .gateOpens(let node, _): node
    default: nil
    }
  }

  mutating func deliver(_ event: ExchangeEvent<OperationOutcome>, to index: Int, at moment: Moment? = nil) {
    guard !exchanges[index].isOver, nodes[exchanges[index].node].isAlive else { return }
    switch event {
    case .storeReplied(let kind, _): exchanges[index].inFlight.remove(kind)
    case .storeFailed(let kind, let failure):
      exchanges[index].inFlight.remove(kind)
      exchanges[index].mayResend = failure.kind == .unknown
      if kind == .reserve, failure.kind == .unknown, settings.mutation == .newTokenOnResend, !exchanges[index].hasWaited
      {
        exchanges[index].engine = makeEngine(
          exchanges[index].node, exchanges[index].body, token: token(), exchanges[index].nonce)
        return deliver(.start, to: index)
      }
    case .abandon where exchanges[index].hasExecuted, .timer(.silence):
      disturbed.insert(exchanges[index].key)
    case .callerLeft:
      exchanges[index].callerHasLeft = true
      if exchanges[index].isWatching { met("waiter left") }
    case .operation(let outcome):
      if case .unknown = outcome { disturbed.insert(exchanges[index].key) }
      // What comes too late must not take the place of the answer that is being stored.
      if exchanges[index].engine.accepts(outcome) { exchanges[index].own = Self.body(of: outcome) }
    default: break
    }
    if settings.mutation == .forgetsThatItWaited { exchanges[index].engine.hasWaited = false }
    let actions = exchanges[index].engine.handle(event, at: moment ?? self.moment(exchanges[index].node))
    let nonce = exchanges[index].nonce
    note("\(nonce) \(Self.text(event)) -> \(actions.map(EngineText.text))")
    for action in actions { carryOut(action, index) }
    if case .callerLeft = event, exchanges[index].isWatching { violate("W9", "\(nonce) waits for nobody") }
  }

  private mutating func carryOut(_ action: Engine.Action, _ index: Int) {
    if exchanges[index].isOver { violate("E", "\(exchanges[index].nonce) acts after its end") }
    switch action {
    case .send(let operation): send(operation, index)
    case .prepare:
      let node = exchanges[index].node
      if !exchanges[index].isProbe, isFaulty, random.chance(5) {
        // The moment that matters most: the key is held, and nothing was sent.
        met("suspended before execution")
        suspend(node, random.milliseconds(500...6_500))
      }
      schedule(.ready(index, moment(node)), after: exchanges[index].isProbe ? 1 : random.milliseconds(0...3))
    case .execute(let attempt): execute(attempt ?? 0, index)
    case .schedule(let timer, let delay):
      scheduled += 1
      exchanges[index].timers[timer] = scheduled
      schedule(.timer(index, timer, generation: scheduled), after: delay)
    case .watch: watch(index)
    case .unwatch: exchanges[index].isWatching = false
    case .answer(let answer): self.answer(answer, index)
    case .finish:
      if exchanges[index].isWatching { violate("E18", "\(exchanges[index].nonce) goes and watches on") }
      exchanges[index].isOver = true
      exchanges[index].timers.removeAll()
    }
  }

  private static func body(of outcome: OperationOutcome) -> String? {
    switch outcome {
    case .done(let answer, _, _), .unknown(let answer, _): String(buffer: answer.body)
    case .released: nil
    }
  }
}

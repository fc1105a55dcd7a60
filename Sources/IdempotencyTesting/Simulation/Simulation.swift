internal import Idempotency
internal import IdempotencyRedis
internal import NIOCore

/// Clients, nodes with the real engine, a store, a network and an origin in virtual time, all made of one seed.
///
/// The same seed gives the same run, event for event. Two phases: faults of every kind, then none, and every key must
/// settle. What was seen is a ``History``; what only the inside knows is checked here and stands in ``violations``.
///
/// The files beside this one: `+Clients`, `+Faults`, `+Nodes`, `+Restoring`, `+Exchanges`, `+Store`, `+Failover`,
/// `+Origin`, `+Checks`.
public struct Simulation {
  /// What the run consists of.
  public let settings: SimulationSettings
  /// What all chance comes from.
  public let seed: UInt64
  /// What clients, origin and store saw.
  public private(set) var history: History
  /// What was seen inside that must never happen, beside what ``history`` shows.
  public private(set) var violations: [HistoryChecker.Violation] = []
  /// Why the promise for some key ended in this run, if it did; RELIABILITY names each.
  public private(set) var exemptions: Set<Exemption> = []
  /// The run in words, where it was asked for.
  public private(set) var trace: [String] = []

  let isTraced: Bool
  var random: SeededRandom
  /// Commands that meet a fault, of a hundred.
  let faultRate: Int
  var time: Int64 = 0
  /// When faults stop; later by as long as the store is away.
  var healing: Int64
  /// The longest that the replica is behind, in milliseconds.
  let lag: Int64
  /// How long an operation may be silent, in milliseconds.
  let originTimeout: Int64
  private var queue: [(time: Int64, number: Int, event: Event)] = []
  var scheduled = 0

  // The world; each is described in the file that moves it.
  var clients: [Client] = []
  var nodes: [Node] = []
  var exchanges: [Exchange] = []
  var store = Store()
  /// Whose a token is.
  var holders: [OwnerToken: Int] = [:]
  /// The highest attempt that was sent to the origin, by key; and the attempt of each request, by nonce.
  var attemptsSent: [Int: Int] = [:]
  var attempts: [String: Int] = [:]
  /// Keys for which the run has seen a death, a silence or a broken answer: only such may end uncertain.
  var disturbed: Set<Int> = []
  /// Keys of which the store forgot what nobody was there to put back: from then on a second effect is possible.
  var unprotected: Set<Int> = []

  /// Since when the store has lacked what nodes may still put back.
  private var unsettledSince: Int64?

  /// Something that happens at a moment.
  enum Event {
    case clientSends(Int)
    case clientGivesUp(Int, call: Int)
    case exchange(Int, ExchangeEvent<OperationOutcome>)
    case ready(Int, Moment)
    case timer(Int, ExchangeTimer, generation: Int)
    case apply(StoreOperation, by: Int, Link, replies: Bool)
    case reply(StoreOperation, StoreReply, to: Int, Link)
    case putBack(Keepsake, Link)
    case applyPutBack(Keepsake, Link, replies: Bool)
    case putBackReply(Keepsake, StoreReply, Link)
    case gateOpens(Int, history: Int)
    case sweep(Int)
    case effect(Int)
    case crash(Int)
    case restart(Int)
    case suspend(Int, Int64)
    case drain(Int)
    case reconnect(Int, attempt: Int)
    case replicate
    case failover(isBack: Bool)
    case outage(Int64)
    case clockStep(Int64)
    case fill(Int64)
    case clockJump(Int, Int64)
    case heal
    case probe(Int, isLast: Bool)
  }

  /// Why a key is not protected any more.
  public enum Exemption: String, Sendable, Hashable, CaseIterable {
    /// Its process was dead by the time it was to be put back.
    case dead = "its process was dead"
    /// Its process was back later than `settle`.
    case late = "its process came later than settle"
    /// It was acknowledged longer than a window before the last contact: the replica was behind by more than that.
    case old = "the replica was behind by more than a window"
    /// The store is a server again that it was before, and a process that has never left that server goes on reserving.
    case stayed = "two servers were the store in turn, and a process knew of one only"
  }

  /// Prepares a run.
  /// - Parameters:
  ///   - seed: What all chance comes from.
  ///   - settings: What the run consists of.
  ///   - isTraced: Whether ``trace`` tells the run in words, which takes longer than the run.
  public init(seed: UInt64, settings: SimulationSettings, isTraced: Bool = false) {
    self.seed = seed
    self.settings = settings
    self.isTraced = isTraced
    var random = SeededRandom(seed: seed)
    faultRate = random.below(4) * 12
    healing = random.milliseconds(settings.faults)
    lag = Self.lag(&random)
    originTimeout = random.chance(25) ? SimulationSettings.longOriginTimeout : SimulationSettings.originTimeout
    self.random = random
    history = History(
      settings: .init(unknownOutcome: settings.unknownOutcome, lease: SimulationSettings.lease * 1_000_000))
    history.losses = [:]
    makeNodes()
    planFaults()
    makeClients()
  }

  /// Runs both phases to the end.
  public mutating func run() {
    schedule(.heal, after: healing)
    // Every key is asked for at once, when its lease is over, when all has settled; and at last, when every lease is over
    // even by a clock that has gone back. Only the last answers must be definite.
    let keys = Set(clients.map(\.key)).sorted()
    for key in keys { schedule(.probe(key, isLast: false), after: healing) }
    drainQueue()
    for pause in [SimulationSettings.lease, SimulationSettings.settle, 2 * SimulationSettings.clockOffset] {
      let isLast = pause == 2 * SimulationSettings.clockOffset
      time = max(time, healing) + (isLast && !history.situations.contains("clock offset changed") ? 0 : pause)
      for key in keys { schedule(.probe(key, isLast: isLast), after: 0) }
      drainQueue()
    }
    finish()
  }

  private mutating func drainQueue() {
    var steps = 0
    while let next = queue.popLast() {
      steps += 1
      guard steps < 100_000 else { return violate("I10", "the run does not end") }
      time = max(time, next.time)
      handle(next.event, number: next.number)
    }
  }

  // MARK: Time

  mutating func schedule(_ event: Event, after delay: Int64) {
    scheduled += 1
    insert(event, at: time + max(delay, 0), number: scheduled)
  }

  /// Puts an event back, behind what happens at that moment but before what is scheduled later for it.
  mutating func postpone(_ event: Event, to moment: Int64, number: Int) {
    insert(event, at: moment, number: number)
  }

  private mutating func insert(_ event: Event, at moment: Int64, number: Int) {
    // Latest first, so that the next one is the last of the array.
    var (low, high) = (0, queue.count)
    while low < high {
      let middle = (low + high) / 2
      if (queue[middle].time, queue[middle].number) > (moment, number) { low = middle + 1 } else { high = middle }
    }
    queue.insert((moment, number, event), at: low)
  }

  /// Faults still happen.
  var isFaulty: Bool { time < healing }

  var nanoseconds: Int64 { time * 1_000_000 }

  /// The store's time, Unix milliseconds.
  var storeTime: Int64 { SimulationSettings.epoch + time + store.clockOffset }

  // MARK: What is told

  mutating func note(_ text: @autoclosure () -> String) {
    if isTraced { trace.append("\(time) " + text()) }
  }

  mutating func violate(_ invariant: String, _ text: String) {
    violations.append(.init(invariant, "\(text) at \(time)"))
    note("VIOLATION \(invariant) \(text)")
  }

  mutating func met(_ situation: String) { history.situations.insert(situation) }

  mutating func record(_ call: History.Call) -> Int {
    history.calls.append(call)
    return history.calls.count - 1
  }

  mutating func change(_ call: Int, _ body: (inout History.Call) -> Void) { body(&history.calls[call]) }

  mutating func record(_ effect: History.Effect) { history.effects.append(effect) }

  mutating func record(_ state: History.State) { history.states.append(state) }

  mutating func healed() { history.healed = nanoseconds }

  /// From now on a second effect of this key is possible, and an answer may be contradicted: RELIABILITY says so.
  mutating func lose(_ key: Int, _ reason: Exemption?) {
    note("\(Self.name(key)) is not protected any more: \(reason?.rawValue ?? "as before")")
    if let reason { exemptions.insert(reason) }
    unprotected.insert(key)
    disturbed.insert(key)
    store.forgotten[key] = nil
    let now = nanoseconds
    history.losses?[Self.name(key), default: []].append(now)
  }

  mutating func unsettle() { unsettledSince = unsettledSince ?? nanoseconds }

  /// All that was lost is due to be back.
  mutating func settled() {
    guard let since = unsettledSince else { return }
    unsettledSince = nil
    let range = since...nanoseconds
    history.unsettled.append(range)
  }

  static func name(_ key: Int) -> String { "key \(key)" }

  static func recordKey(_ key: Int) -> RecordKey {
    RecordKey(unchecked: "simulation", scope: "-", clientKey: "\(key)")
  }

  static func fingerprint(_ body: Int) -> Fingerprint { Fingerprint(high: 7, low: UInt64(body) + 1) }
}

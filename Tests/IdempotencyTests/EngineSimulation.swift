import NIOCore

@testable import Idempotency

/// One key, several engines, the real table of the memory store, and a network, an origin and a clock made of a seed.
///
/// Time is virtual: the same seed gives the same run, event for event. The checks are the model's (`protocol.pml`), by
/// its names where it has one.
struct EngineSimulation {
  /// A deliberate mistake, to see that the checks notice.
  enum Mutation: Hashable, CaseIterable {
    /// The store completes whatever token stands there.
    case completeIgnoresToken
    /// The shell resends a reservation with a new token.
    case newTokenOnResend
    /// The shell's clock does not count the time for which it was suspended before it could run the operation.
    case clockStopsInSuspension
    /// A request forgets that it has waited, and waits again.
    case forgetsThatItWaited
  }

  enum Event {
    case arrive(Int)
    case engine(Int, ExchangeEvent<OperationOutcome>)
    case ready(Int, Moment)
    case timer(Int, ExchangeTimer, generation: Int)
    case apply(StoreOperation, by: Int, replies: Bool)
    case effect(Int)
    case die(Int)
  }

  struct Worker {
    var engine: Engine
    let skew: Int64
    let isMismatched: Bool
    /// The last request, which meets no faults.
    var isProbe = false
    var isAlive = true
    var hasArrived = false
    var isFinished = false
    var answers = 0
    var inFlight: Set<StoreOperation.Kind> = []
    var timers: [ExchangeTimer: Int] = [:]
    /// The shell listens to changes of the record.
    var isWatching = false
    var hasWaited = false
    /// It tried to take the key after it had waited; once.
    var hasTaken = false
    /// The try has no reply and may be sent again.
    var mayResend = false
    var hasExecuted = false
    var hadEffect = false
    var saidNothingHappened = false
  }

  static let lease: Int64 = 3_000
  static let timeout: Int64 = 200
  static let key = RecordKey(keyspace: "simulation", scope: "-", clientKey: "k")

  let seed: UInt64
  /// What every worker chooses; nil where some hold and some execute again.
  let choice: UnknownOutcome?
  let mutation: Mutation?
  let isTraced: Bool
  var random: EngineRandom
  let faultRate: Int
  var time: Int64 = 0
  var queue: [(time: Int64, number: Int, event: Event)] = []
  var scheduled = 0
  var table = MemoryTable(maximumByteCount: .max)
  var workers: [Worker] = []
  var effects = 0
  var attemptSent = 0
  var told: String?
  /// Somebody died, an origin was silent or its outcome unknown: then the key may end uncertain.
  var hasCause = false
  var coverage: Set<String> = []
  var violations: [String] = []
  var trace: [String] = []

  init(seed: UInt64, choice: UnknownOutcome?, mutation: Mutation? = nil, isTraced: Bool = false) {
    self.seed = seed
    self.choice = choice
    self.mutation = mutation
    self.isTraced = isTraced
    random = EngineRandom(seed: seed)
    faultRate = random.below(4) * 15
    let count = 1 + random.below(4)
    for index in 0..<count {
      workers.append(makeWorker(index, isMismatched: index > 0 && random.chance(12)))
      let arrival = Int64(random.chance(50) ? random.below(20) : random.below(9_000))
      schedule(.arrive(index), after: arrival)
      if random.chance(10) { schedule(.die(index), after: arrival + Int64(random.below(8_000))) }
      if random.chance(8) { schedule(.engine(index, .abandon), after: arrival + 1 + Int64(random.below(8_000))) }
    }
  }

  private mutating func makeWorker(_ index: Int, isMismatched: Bool) -> Worker {
    Worker(
      engine: makeEngine(isMismatched: isMismatched), skew: Int64(random.below(100)), isMismatched: isMismatched)
  }

  private mutating func makeEngine(isMismatched: Bool) -> Engine {
    var policy = ExecutionPolicy()
    policy.unknownOutcome = choice ?? (random.chance(50) ? .hold : .executeAgain)
    policy.lease = .milliseconds(Self.lease)
    policy.originTimeout = .seconds(2)
    policy.lateAnswer = .seconds(8)
    if random.chance(50) { policy.onInProgress = .wait(upTo: .milliseconds(Int64(1 + random.below(9_000)))) }
    let token = OwnerToken(high: random.next(), low: random.next())
    let fingerprint = isMismatched ? EngineBench.foreign : EngineBench.fingerprint
    return Engine(fingerprint: fingerprint, policy: policy, token: token, worker: "w") { standIn in
      StoredAnswer(status: 504, body: ByteBuffer(string: standIn == .lostExecutor ? "lost" : "\(standIn)"))
    }
  }

  // MARK: Time

  mutating func schedule(_ event: Event, after delay: Int64) {
    scheduled += 1
    let entry = (time: time + max(delay, 0), number: scheduled, event: event)
    // Latest first, so that the next one is the last of the array.
    var (low, high) = (0, queue.count)
    while low < high {
      let middle = (low + high) / 2
      if (queue[middle].time, queue[middle].number) > (entry.time, entry.number) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    queue.insert(entry, at: low)
  }

  func moment(_ index: Int) -> Moment {
    Moment(
      boot: BootInstant(nanoseconds: (1_000_000 + time) * 1_000_000),
      server: EngineBench.epoch + time + workers[index].skew)
  }

  mutating func note(_ text: @autoclosure () -> String) {
    if isTraced { trace.append("\(time) " + text()) }
  }

  mutating func violate(_ text: String) {
    violations.append("\(text) at \(time)")
    note("VIOLATION " + text)
  }

  /// Runs until nothing is left to happen, lets a lease pass, and asks once more, without faults.
  mutating func run() {
    var steps = 0
    drainQueue(&steps)
    for (index, worker) in workers.enumerated() where worker.isAlive {
      if worker.answers != 1 { violate("worker \(index) answered \(worker.answers) times (P_ANSWERED)") }
      if !worker.isFinished { violate("worker \(index) never finished") }
    }
    time += Self.lease + 1_000
    workers.append(makeWorker(workers.count, isMismatched: false))
    workers[workers.count - 1].isProbe = true
    schedule(.arrive(workers.count - 1), after: 0)
    drainQueue(&steps)
    if workers[workers.count - 1].answers != 1 { violate("the last request was not answered (P_SETTLE)") }
    for (index, worker) in workers.enumerated() where worker.saidNothingHappened && worker.hadEffect {
      violate("worker \(index) said that nothing was executed (P_DEFINITE)")
    }
  }

  private mutating func drainQueue(_ steps: inout Int) {
    while let next = queue.popLast() {
      steps += 1
      guard steps < 20_000 else { return violate("the run does not end") }
      time = next.time
      handle(next.event)
    }
  }
}

/// SplitMix64: small, and the same on every platform.
struct EngineRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}

internal import Idempotency
internal import IdempotencyRedis
internal import NIOCore

/// One state of a ``SmallSpace``: a value, every step makes another.
///
/// Sending and arriving are two steps, and so are executing, the effect and its answer: between them anything else may
/// happen, so that a node, the network and the origin may each be slower than everybody else.
struct SmallWorld {
  /// One request at its node; tried again, it is another engine.
  struct Party {
    var engine: Engine
    let node: Int
    let body: Int
    /// How often its client has sent it.
    var tries = 0
    var isAlive = true
    var isOver = false
    /// The engine waits for ``ExchangeEvent/ready`` since this moment.
    var preparedAt: Moment?
    var timers: [ExchangeTimer: Int64] = [:]
    var isWatching = false
    var hasNews = false
    var hasAnswer = false
    /// Its client knows what became of its operation, and asks no more.
    var isFinal = false
    /// It was told that nothing has happened.
    var isTakenBack = false
    var inFlight: Set<StoreOperation.Kind> = []
    var hasTaken = false
    var mayResend = false
    var attempt: Int?
    /// What its operation answered.
    var own: String?
    var isProbe = false
  }

  /// What an execution has come to at the origin; it goes on without its node.
  struct Execution: Hashable {
    let party: Int
    let number: Int
    let attempt: Int
    var hasEffect = false
    /// An answer will come, unless nobody is there any more.
    var answers = true
    var isOver = false
  }

  /// A command on its way, or its reply.
  struct Command {
    let operation: StoreOperation
    let party: Int
    /// Which try of the party waits for the reply; nil for a copy, whose reply nobody waits for.
    var number: Int?
    /// It stalled on a connection that was given up, and may arrive after whatever was sent later.
    var isLate = false
    /// It has been applied, and this is on its way back.
    var reply: StoreReply?
  }

  static let key = RecordKey(unchecked: "small", scope: "-", clientKey: "k")
  /// Longer than any two store time-outs, shorter than a lease.
  static let lease: Int64 = 3_000

  /// What a node knows of the store.
  struct Node {
    /// What the registry was told; the registry itself is not a value, and is made of this.
    var notes: [Note] = []
    /// What it would put back.
    var owed: [Keepsake] = []
    /// It knows the present history.
    var knowsHistory = true
    /// What it puts back into the present history, and has no reply for yet.
    var returning: [Keepsake] = []
    /// Whose records those are, and were.
    var admitted: Set<OwnerToken> = []

    /// All that it held is back.
    var isWhole: Bool { knowsHistory && returning.isEmpty }
  }

  /// A reply that a node has heard.
  struct Note {
    let operation: StoreOperation
    let reply: StoreReply
    let time: Int64
    /// The store has had another history since.
    var isEnd = false
  }

  let settings: SmallSpace.Settings
  var budget: SmallSpaceBudget
  var time: Int64 = 0
  var table = MemoryTable(maximumByteCount: .max)
  /// What stood there before, the oldest first; where the store may still go back to it.
  var past: [MemoryTable] = []
  /// Every node has put back what it held, and may reserve.
  var isSettled = true
  var nodes: [Node] = []
  var parties: [Party] = []
  var executions: [Execution] = []
  var commands: [Command] = []
  /// The first final answer; all others are the same.
  var told: String?
  var highestAttempt = 0
  /// Something happened after which the key may stay uncertain.
  var isDisturbed = false
  var violation: String?
  var situations: Set<String> = []
  var trail: SmallTrail?

  init(_ settings: SmallSpace.Settings) {
    self.settings = settings
    budget = settings.budget
    nodes = settings.choices.map { _ in Node() }
    for node in settings.choices.indices {
      parties.append(
        Party(engine: engine(node, try: 0), node: node, body: settings.isMismatch ? node : 0))
    }
  }

  /// An engine for a party's request; every try has a token of its own.
  func engine(_ node: Int, try number: Int, isProbe: Bool = false) -> Engine {
    var policy = ExecutionPolicy()
    policy.unknownOutcome = settings.choices[node % settings.choices.count]
    policy.lease = .milliseconds(Self.lease)
    policy.originTimeout = .milliseconds(2_000)
    policy.lateAnswer = .milliseconds(4_000)
    if settings.waits, !isProbe { policy.onInProgress = .wait(upTo: .milliseconds(5_000)) }
    return Engine(
      fingerprint: Simulation.fingerprint(settings.isMismatch && !isProbe ? node : 0), policy: policy,
      token: OwnerToken(high: UInt64(node) + 1, low: UInt64(number) + 1), worker: "N\(node)"
    ) { standIn in
      StoredAnswer(status: 504, body: ByteBuffer(string: "no answer: \(standIn)"))
    }
  }

  /// The store's time, Unix milliseconds.
  var storeTime: Int64 { SimulationSettings.epoch + time }

  /// What a node decides by: it believes the store to be a little later than it is.
  var moment: Moment {
    Moment(
      boot: BootInstant(nanoseconds: (1_000_000 + time) * 1_000_000),
      server: storeTime + 50)
  }

  var head: RecordHead? {
    if case .record(let stored) = table.standing(Self.key, now: storeTime) { stored.head } else { nil }
  }

  mutating func violate(_ invariant: String, _ text: String) {
    if violation == nil { violation = "\(invariant): \(text)" }
  }
}

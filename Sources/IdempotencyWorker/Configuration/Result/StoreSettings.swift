import Idempotency

/// Where records are kept.
struct StoreSettings: Sendable, Hashable {
  /// What keeps them.
  var kind: StoreKind
  /// The ACL user; nil for the default user, or for the one that a `redis://` URL names.
  var user: String?
  /// The file that holds the password, an absolute path; read it with ``SecretFile``.
  var passwordFile: String?
  /// TLS to the store; not nil when a `rediss://` URL or `store.tls` asks for it.
  var tls: ClientTLS?
  /// The database number.
  var database = 0
  /// What every key begins with.
  var prefix = "idem"
  /// How long one operation may take.
  ///
  /// 500 ms by default: a healthy Redis answers in about one.
  var timeout = Duration.milliseconds(500)
  /// How long nothing is reserved on a node that was not seen before; 0 for a single worker.
  ///
  /// 5 s by default: as long as a worker may take to find a Redis that is back (4 s) and two time-outs.
  var settle = Duration.seconds(5)
  /// What is remembered so as to put it back.
  var putBack = PutBackSettings()
  /// How many connections each event loop keeps.
  ///
  /// 1 by default: commands are pipelined, and one connection fills more than a core of the server.
  var connections = 1
  /// Replicas that must have a write before it counts.
  var durability = DurabilitySettings()
  /// What happens when the store cannot be reached before an operation runs.
  var onUnavailable = ExecutionPolicy.UnavailableRule.reject

  /// Makes settings with the defaults of every property.
  init(kind: StoreKind) {
    self.kind = kind
  }

  /// 10 ms: a round trip and a fork's hiccup; a minute: no caller waits that long, but a test may stall a store.
  static let timeoutRange = Duration.milliseconds(10)...Duration.seconds(60)
  /// The longest that a worker looks for a Redis that is back, which `settle` must outlast: an attempt to connect that
  /// began before (2 s), and the longest pause after it (2 s).
  static let longestReconnect = Duration.seconds(4)
  /// Ten minutes: as long nothing is reserved after every restart of Redis.
  static let longestSettle = Duration.seconds(600)
  /// 64: with a loop for each of 16 cores a thousand connections from each worker.
  static let connectionsRange = 1...64
  /// Redis counts databases in an `int`.
  static let databaseRange = 0...Int(Int32.max)
}

import Idempotency

/// Everything that a worker is told: `worker.example.yaml` as a value (DESIGN "Configuration").
///
/// Whatever could be checked without a connection has been: a value that exists is consistent, and its files were there.
struct WorkerConfiguration: Sendable {
  /// The public listener.
  var listen: ListenAddress
  /// The public listener's TLS; nil for none.
  var tls: ListenerTLS?
  /// How long the public listener waits for a client.
  var clientTimeouts: ClientTimeouts
  /// What the public listener takes at most.
  var limits: ListenerLimits
  /// The peers whose Forwarded and X-Forwarded fields are kept.
  var trustedProxies: [AddressRange]
  /// Whether request fields that ask for another method than the request line's are not passed on.
  var dropsMethodOverride: Bool
  /// How long running requests may take to end on SIGTERM; longer than ``originTimeout``.
  var drainTimeout: Duration
  /// What this worker is called in records and logs.
  var workerID: String
  /// The listener of health, metrics and the admin API; nil for none.
  var admin: ListenAddress?
  /// The file that holds the admin API's token, an absolute path; read it with ``SecretFile``.
  var adminTokenFile: String?
  /// Where every request is forwarded.
  var origin: OriginAddress
  /// TLS to the origin; without effect on an `http` one.
  var originTLS: ClientTLS
  /// From the request's last byte to the answer's first, and between any two reads or writes of either body.
  var originTimeout: Duration
  /// The pool of connections to the origin.
  var originConnections: OriginConnections
  /// Where records are kept.
  var store: StoreSettings
  /// Who is calling; nil when no policy needs to know.
  var principal: PrincipalSettings?
  /// What keys the hashes of principals and fingerprints, read from the principal's pepper file.
  var pepper: Pepper
  /// What becomes of a key on a POST or PATCH that no policy matches.
  var unmatchedKey: PolicySet.UnmatchedKey
  /// What is guarded, and how; each has ``originTimeout`` and the store's `onUnavailable` filled in.
  var policies: [IdempotencyPolicy]
  /// The stream in which operations are recorded.
  var audit: AuditSettings
  /// What is logged, and how.
  var logging: LoggingSettings
}

extension WorkerConfiguration {
  /// 30 s: what most clients and load balancers wait for.
  static let defaultOriginTimeout = Duration.seconds(30)
  /// 10 ms: an origin on the same machine; an hour: whoever waits longer needs a job, not a request.
  static let originTimeoutRange = Duration.milliseconds(10)...Duration.seconds(3_600)
  /// 35 s: the default ``defaultOriginTimeout`` and time to store the answer.
  static let defaultDrainTimeout = Duration.seconds(35)
  /// Two hours: longer than the longest origin time-out.
  static let longestDrainTimeout = Duration.seconds(7_200)
  /// 128 bytes: it stands in every record.
  static let longestWorkerID = 128
}

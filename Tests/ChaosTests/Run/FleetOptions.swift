import Idempotency
import IdempotencyTesting
import NIOCore
@testable import Harness

/// What a fleet is made of.
struct FleetOptions: Sendable {
  /// How many workers.
  var workers = 3
  /// What becomes of an unknown outcome.
  var unknownOutcome = UnknownOutcome.hold
  /// Short, because every run waits for leases that end; three store time-outs still fit in.
  var lease = Duration.milliseconds(1_500)
  /// How Redis is started.
  var redis = RedisServer.Options()
  /// The worker's default.
  var storeTimeout = TimeAmount.milliseconds(500)
  /// How long nothing is reserved on a Redis that came back changed; zero where it never does.
  var settle = TimeAmount.zero
  /// What a run is judged by instead, where it must be found out.
  var judgedBy: UnknownOutcome?
  /// What a duplicate gets while the first request runs.
  var onInProgress = ExecutionPolicy.InProgressRule.reject
  /// How long a late answer is waited for.
  var lateAnswer = Duration.seconds(300)
  /// How long the origin may be silent; no run lets it unless that is the fault.
  var originTimeout = Duration.seconds(6)

  /// How long an answer is replayed.
  var retention = Duration.seconds(3_600)
  /// How many bytes of outcomes a worker keeps to put back; nil for its default.
  var putBackBytes: Int?
  /// How workers reach Redis.
  var transport = Transport.plain
  /// Whether there is another, empty primary.
  var hasOtherRedis = false
  /// Whether Redis goes by a clock that a fault can step.
  var stepsRedisClock = false

  enum Transport: Sendable {
    case plain, tls, unixSocket
  }

  /// The shortest that a worker's configuration takes: the longest way back to Redis and two store time-outs.
  static let shortestSettle = TimeAmount.seconds(5)

  /// Has a busy machine make no fault of its own, for runs in which nobody may be told of any.
  static let patient: @Sendable (inout FleetOptions) -> Void = { options in
    options.lease = .seconds(6)
    options.storeTimeout = .seconds(5)
  }

  /// The policy of all workers: POST /payments, its body compared without the nonce that each request has of its own.
  func policy() throws -> IdempotencyPolicy {
    let ignored = try JSONPointer("/nonce")
    return IdempotencyPolicy.payments(methods: ["POST"], lease: lease, retention: retention) { policy in
      policy.fingerprint = FingerprintSettings(bodyForm: .json, ignore: [ignored])
      policy.execution.unknownOutcome = unknownOutcome
      policy.execution.onInProgress = onInProgress
      policy.execution.originTimeout = originTimeout
      policy.execution.lateAnswer = lateAnswer
      policy.execution.uncertainRetention = retention
    }
  }

  /// All of it as the harness's configuration file takes it.
  func cluster() throws -> ClusterOptions {
    var cluster = ClusterOptions(policies: [try policy()])
    cluster.storeTimeout = storeTimeout
    cluster.settle = settle
    cluster.putBackBytes = putBackBytes
    cluster.limits.drainTimeout = originTimeout
    return cluster
  }
}

extension FleetOptions {
  /// How a server is started that goes by this clock.
  func server(_ clock: FaultRedisClock?) -> RedisServer.Options {
    var server = redis
    server.usesTLS = transport == .tls
    server.listensOnUnixSocket = transport == .unixSocket
    server.environment = clock?.environment ?? [:]
    return server
  }
}

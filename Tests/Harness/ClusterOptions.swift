import Idempotency
import IdempotencyTesting
import NIOCore

/// What a test's cluster is made of.
struct ClusterOptions: Sendable {
  /// How many nodes.
  var nodes = 2
  /// What is guarded.
  var policies: [IdempotencyPolicy]
  /// What becomes of a key that no policy matches.
  var unmatchedKey = PolicySet.UnmatchedKey.ignore
  /// The scheme that a 401 names.
  var challenge = "ApiKey"
  /// The secret that keys the hashes; nil for none.
  var pepper: [UInt8]?
  /// The request fields that say who is calling.
  var principal = ["x-api-key"]
  /// A JWK set: a worker's callers are named by tokens in `Authorization` instead, by their issuer and subject.
  var tokenKeys: String?
  /// Callers that lack one of them share a scope, instead of getting 401.
  var sharesUnidentified = false
  /// The server; nil for the one that all tests share.
  var redis: RedisServer?
  /// The port a node finds Redis at, where it is another than the server's own: that of a `FaultProxy` before it.
  var redisPorts: [Int: Int] = [:]
  /// What every key begins with; nil for one that no other cluster has.
  var prefix: String?
  /// The time-out of a store operation, longer than the default, so that a busy machine makes no fault of its own.
  var storeTimeout = TimeAmount.seconds(5)
  /// How long nothing is reserved on a new Redis; zero, because only tests of Redis' faults restart it.
  var settle = TimeAmount.zero
  /// How many bytes of outcomes a worker keeps to put back; nil for its default.
  var putBackBytes: Int?
  /// What the services may hold, and for how long they drain.
  var limits: IdempotencyService.Limits = {
    var limits = IdempotencyService.Limits()
    limits.drainTimeout = .seconds(5)
    return limits
  }()

  init(nodes: Int = 2, policies: [IdempotencyPolicy] = [.payments()]) {
    self.nodes = nodes
    self.policies = policies
  }
}

extension IdempotencyPolicy {
  /// POST /payments with an optional key: the policy of most tests.
  ///
  /// Its lease is short, so that one that must end does.
  static func payments(
    _ name: String = "payments", methods: Set<String> = ["POST", "PATCH"], path: String = "/payments",
    lease: Duration = .seconds(3), retention: Duration = .seconds(3_600),
    _ change: (inout IdempotencyPolicy) throws -> Void = { _ in }
  ) -> IdempotencyPolicy {
    do {
      var policy = try IdempotencyPolicy(name, methods: methods, path: path)
      policy.execution.lease = lease
      policy.execution.retention = retention
      try change(&policy)
      return policy
    } catch {
      preconditionFailure("a test's policy is wrong: \(error)")
    }
  }
}

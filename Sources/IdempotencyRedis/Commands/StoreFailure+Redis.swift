internal import HiredisNIO
internal import Idempotency

extension StoreFailure {
  /// Says of a client's error whether the operation may have been applied, and to the operator what to do.
  init(_ error: RedisError) {
    switch error.outcome {
    case .neverSent: self.init(.notSent, Self.reason(error))
    case .unknown: self.init(.unknown, "no answer from Redis, the outcome is unknown: \(error.message)")
    case .refused:
      let refusal = error.serverError.map(Self.refusal) ?? .other
      self.init(
        .refused(refusal), Self.advice(refusal) + " (Redis says: \(error.serverError?.description ?? error.message))")
    }
  }

  /// A failed check of the server is what the operator must read, not that there is no connection.
  private static func reason(_ error: RedisError) -> String {
    var cause: (any Error)? = error
    while let current = cause {
      if let check = current as? RedisStoreError { return check.message }
      cause = (current as? RedisError)?.underlying
    }
    return "Redis was not asked: \(error.message)"
  }

  /// An error that a command inside a script raised may come with another first word, and its own later in the text.
  private static func refusal(_ error: RedisServerError) -> Refusal {
    let words: [(String, Refusal)] = [
      ("OOM", .full), ("READONLY", .readOnly), ("MISCONF", .misconfigured), ("NOREPLICAS", .noReplicas),
    ]
    return words.first { $0.0 == error.code }?.1 ?? words.first { error.message.contains("-\($0.0) ") }?.1 ?? .other
  }

  private static func advice(_ refusal: Refusal) -> String {
    switch refusal {
    case .full:
      "Redis is full: raise `maxmemory` or shorten retention; running operations finish, new ones wait"
    case .readOnly: "this Redis is a replica: point the store at the primary, or finish the failover"
    case .misconfigured:
      "Redis cannot save its data set: make room on its disk or repair it, and see its log (`rdb_last_bgsave_status`)"
    case .noReplicas: "too few replicas are connected: bring them back, or lower `min-replicas-to-write`"
    case .settling: "Redis has just started or changed: reservations wait until workers have put back what it lost"
    case .other: "Redis refused the command"
    }
  }

  /// A write to a server that has refused one as a replica does.
  static var doubted: StoreFailure { StoreFailure(.refused(.readOnly), advice(.readOnly)) }

  /// A reservation before the node has settled.
  static var settling: StoreFailure { StoreFailure(.refused(.settling), advice(.settling)) }
}

internal import NIOCore

/// What the Redis scripts do, in the same order; the conformance suite holds both against each other.
extension MemoryTable {
  /// Applies one operation at the store's time `now`.
  package mutating func perform(
    _ operation: StoreOperation, for key: RecordKey, now: Int64
  ) throws(StoreFailure) -> StoreReply {
    sweep(now: now)
    switch operation {
    case .reserve, .reclaim: try refuseIfFull()
    default: break
    }
    let standing: StoredRecord?
    switch self.standing(key, now: now) {
    case .unreadable: return .unreadable
    case .absent: standing = nil
    case .record(let stored): standing = stored
    }
    switch operation {
    case .reserve(let record, let ttl):
      if let standing { return .record(standing) }
      put(record.encoded(), under: key, expires: now.adding(capped: ttl))
      return .granted
    case .read:
      return standing.map { .record($0) } ?? .absent
    case .reclaim:
      guard let standing else { return .absent }
      return reclaim(operation, standing, key, now)
    default:
      return .outcome(standing.map { owner(operation, $0, key, now) } ?? restore(operation, key, now))
    }
  }

  private func refuseIfFull() throws(StoreFailure) {
    guard byteCount < maximumByteCount else {
      throw StoreFailure(
        .refused(.full),
        "the memory store holds \(byteCount) bytes, its limit is \(maximumByteCount): wait for "
          + "records to end, shorten the retention, raise the limit, or use Redis")
    }
  }

  /// What owner and operator do about a record that stands.
  private mutating func owner(
    _ operation: StoreOperation, _ standing: StoredRecord, _ key: RecordKey, _ now: Int64
  ) -> StoreOutcome {
    switch operation {
    case .complete(let token, _, let record, let ttl):
      complete(token, record, now.adding(capped: ttl), standing.head, key)
    case .renew(let token, let deadline, _, let ttl):
      renew(token, deadline, now.adding(capped: ttl), standing, key)
    case .release(let token, let expected, let tainted, let record, let ttl, let shortTTL):
      release(
        token, expected, tainted, record,
        now.adding(capped: StoreOperation.freeTTL(standing.head.attempt, isTainted: tainted, ttl, short: shortTTL)),
        standing, key)
    case .markUncertain(let token, let record, let ttl):
      markUncertain(token, record, now.adding(capped: ttl), standing.head, key)
    case .putBack(let record, let ttl): putBack(record, now.adding(capped: ttl), over: standing, key, now)
    case .resolve: resolve(operation, standing.head, key, now)
    case .reserve, .read, .reclaim: .lost
    }
  }

  private mutating func complete(
    _ token: OwnerToken, _ record: Record, _ expires: Int64, _ head: RecordHead, _ key: RecordKey
  ) -> StoreOutcome {
    guard head.token == token, head.state != .free else { return .lost }
    guard head.state == .reserved || head.state == .uncertain else { return .already }
    put(record, under: key, expires: expires, fingerprint: head.fingerprint, attempt: head.attempt)
    return .applied
  }

  private mutating func renew(
    _ token: OwnerToken, _ deadline: Int64, _ expires: Int64, _ standing: StoredRecord, _ key: RecordKey
  ) -> StoreOutcome {
    var head = standing.head
    guard head.token == token, head.state == .reserved else { return .lost }
    if deadline > head.leaseDeadline {
      head.leaseDeadline = deadline
      rewrite(standing.replacing(head), under: key)
    }
    extend(key, to: expires)
    return .applied
  }

  private mutating func release(
    _ token: OwnerToken, _ expected: OwnerToken?, _ tainted: Bool, _ record: Record, _ expires: Int64,
    _ standing: StoredRecord, _ key: RecordKey
  ) -> StoreOutcome {
    var head = standing.head
    if head.state == .free {
      guard head.token != token else { return .already }
      guard head.token == expected else { return .lost }
      head.token = token
      rewrite(standing.replacing(head), under: key)
      return .applied
    }
    guard head.token == token, head.state == .reserved || head.state == .uncertain else { return .lost }
    put(record, under: key, expires: expires, fingerprint: tainted ? head.fingerprint : .any, attempt: head.attempt)
    return .applied
  }

  private mutating func markUncertain(
    _ token: OwnerToken, _ record: Record, _ expires: Int64, _ head: RecordHead, _ key: RecordKey
  ) -> StoreOutcome {
    guard head.token == token, head.unknownOutcome != .executeAgain else { return .lost }
    guard head.state != .uncertain else { return .already }
    guard head.state == .reserved else { return .lost }
    var record = record
    record.head.leaseDeadline = max(record.head.leaseDeadline, head.leaseDeadline)
    put(record, under: key, expires: expires, fingerprint: head.fingerprint, attempt: head.attempt)
    return .applied
  }
}

internal import NIOCore

extension MemoryTable {
  /// Takes over a free key or one whose lease is over, as byte 83 of the record that stands says.
  mutating func reclaim(
    _ operation: StoreOperation, _ standing: StoredRecord, _ key: RecordKey, _ now: Int64
  ) -> StoreReply {
    guard
      case .reclaim(let expected, let expectedState, var record, let ttl, let uncertainTTL, let lost) = operation
    else { return .record(standing) }
    let head = standing.head
    guard head.token == expected, head.state == expectedState else { return .record(standing) }
    var exhausted = head.attempt >= RecordHead.maximumAttempt
    if head.state != .free {
      guard head.state == .reserved, now >= head.leaseDeadline else { return .record(standing) }
      if head.unknownOutcome == .store {
        guard let lost else { return .record(standing) }
        put(lost, under: key, expires: now.adding(capped: ttl), fingerprint: head.fingerprint, attempt: head.attempt)
        return .settled
      }
      exhausted = exhausted || head.unknownOutcome == .hold
    }
    if exhausted {
      var uncertain = head
      uncertain.state = .uncertain
      put(standing.replacing(uncertain).bytes, under: key, expires: now.adding(capped: uncertainTTL))
      return .nowUncertain
    }
    record.head.attempt = head.attempt + 1
    put(record.encoded(), under: key, expires: now.adding(capped: ttl))
    return .reclaimed(attempt: record.head.attempt)
  }

  /// An operator's decision on an uncertain key.
  mutating func resolve(
    _ operation: StoreOperation, _ head: RecordHead, _ key: RecordKey, _ now: Int64
  ) -> StoreOutcome {
    guard
      case .resolve(let token, let attempt, let newToken, var record, let ttl, let wait, let force) = operation
    else { return .lost }
    guard head.token != newToken else { return .already }
    // A number that no head can hold counts as the nearest that one can, as where a head is written.
    let seen = min(max(attempt, 0), RecordHead.maximumAttempt)
    guard head.state == .uncertain, head.token == token, head.attempt == seen else { return .lost }
    let freed = record.head.state == .free
    guard force || now >= head.leaseDeadline.adding(capped: freed ? wait : 0) else { return .tooEarly }
    record.head.token = newToken
    put(
      record, under: key, expires: now.adding(capped: ttl), fingerprint: freed ? .any : head.fingerprint,
      attempt: head.attempt)
    return .applied
  }

  /// Changes a value and leaves its end as it is.
  mutating func rewrite(_ stored: StoredRecord, under key: RecordKey) {
    guard let expires = expires(of: key) else { return }
    put(stored.bytes, under: key, expires: expires)
  }
}

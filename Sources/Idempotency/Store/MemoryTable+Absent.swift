internal import NIOCore

extension MemoryTable {
  /// What an owner's command does about a key that the store has lost: it puts back what it knows.
  mutating func restore(_ operation: StoreOperation, _ key: RecordKey, _ now: Int64) -> StoreOutcome {
    switch operation {
    case .complete(_, let ownDeadline, let record, let ttl):
      guard mayRestore(record.head, ownDeadline: ownDeadline, now) else { return .lost }
      put(record.encoded(), under: key, expires: now.adding(capped: ttl))
    case .renew(_, let deadline, var record, let ttl):
      guard mayRestore(record.head, ownDeadline: record.head.leaseDeadline, now) else { return .lost }
      record.head.leaseDeadline = max(record.head.leaseDeadline, deadline)
      put(record.encoded(), under: key, expires: now.adding(capped: ttl))
    case .release(_, _, let tainted, var record, _, let shortTTL):
      if !tainted { record.head.fingerprint = .any }
      put(record.encoded(), under: key, expires: now.adding(capped: shortTTL))
    case .markUncertain(_, let record, let ttl):
      guard record.head.unknownOutcome != .executeAgain else { return .lost }
      put(record.encoded(), under: key, expires: now.adding(capped: ttl))
    case .putBack(let record, let ttl):
      put(record.bytes, under: key, expires: now.adding(capped: ttl))
    case .reserve, .read, .reclaim, .resolve:
      return .lost
    }
    return .restored
  }

  /// What an owner knew last, over what stands there.
  mutating func putBack(
    _ record: StoredRecord, _ expires: Int64, over standing: StoredRecord, _ key: RecordKey, _ now: Int64
  ) -> StoreOutcome {
    let (own, head) = (record.head, standing.head)
    // An F of attempt 1 by which nothing happened stands for minutes, and then its attempt is given again.
    let isOutlived =
      head.state == .free && head.fingerprint == .any && head.attempt == 1 && own.attempt == 1 && own.state != .free
      && head.token != own.token
    if head.attempt < own.attempt && !head.state.isCompleted || isOutlived {
      put(record.bytes, under: key, expires: expires)
      return .restored
    }
    guard head.token == own.token, head.attempt == own.attempt else { return .lost }
    switch (head.state, own.state) {
    case (.reserved, .reserved):
      guard own.leaseDeadline > head.leaseDeadline else { return .already }
      var later = head
      later.leaseDeadline = own.leaseDeadline
      rewrite(standing.replacing(later), under: key)
      extend(key, to: expires)
      return .applied
    case (.uncertain, .reserved): return .lost
    case let (standing, own) where standing == own || standing.isCompleted && own.isCompleted: return .already
    case (.reserved, _), (.uncertain, _):
      // A renewal may have been applied of which its owner has not heard: a deadline never goes back.
      var later = own
      later.leaseDeadline = max(own.leaseDeadline, head.leaseDeadline)
      put(later == own ? record.bytes : record.replacing(later).bytes, under: key, expires: expires)
      return .applied
    default: return .lost
    }
  }

  /// Under execute-again the key may have been taken over before it was lost; that cannot be while the own lease lives.
  private func mayRestore(_ head: RecordHead, ownDeadline: Int64, _ now: Int64) -> Bool {
    head.unknownOutcome != .executeAgain || now < ownDeadline
  }

  /// Writes a record with the fingerprint and attempt of the head that stands.
  mutating func put(
    _ record: Record, under key: RecordKey, expires: Int64, fingerprint: Fingerprint, attempt: Int
  ) {
    var record = record
    record.head.fingerprint = fingerprint
    record.head.attempt = attempt
    put(record.encoded(), under: key, expires: expires)
  }
}

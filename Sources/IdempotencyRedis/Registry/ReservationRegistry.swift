internal import DequeModule
package import Idempotency
internal import NIOConcurrencyHelpers

/// What this process would put back into a Redis that lost it: its live reservations, and outcomes just acknowledged.
///
/// Driven by the replies that pass through the store. Sharded, so that event loops hardly ever meet at a lock.
package final class ReservationRegistry: Sendable {
  /// Enough for two to four event loops to be mostly alone, and little memory when idle.
  static let shardCount = 8

  /// Makes an empty registry.
  package init() {}

  private let shards = (0..<shardCount).map { _ in RegistryShard() }

  /// Takes note of what a reply says about this process's reservations.
  package func note(_ operation: StoreOperation, _ reply: StoreReply, for key: RecordKey, at now: BootInstant) {
    switch (operation, reply) {
    case (.reserve(let record, let ttl), .granted):
      hold(record, ttl, key)
    case (.reserve(var record, let ttl), .record(let stored)),
      (.reclaim(_, _, var record, let ttl, _, _), .record(let stored)):
      // The reply to an earlier try was lost; the reservation is ours, or the answer for a lost executor.
      if case .reclaim(_, _, _, _, _, let lost?) = operation, stored.head.token == lost.head.token,
        stored.head.state == .completed
      {
        return settle(lost, ttl, key, now)
      }
      guard stored.head.token == record.head.token, stored.head.state == .reserved else { return }
      record.head = stored.head
      hold(record, ttl, key)
    case (.reclaim(_, _, var record, let ttl, _, _), .reclaimed(let attempt)):
      record.head.attempt = attempt
      hold(record, ttl, key)
    case (.reclaim(_, _, _, let ttl, _, let lost?), .settled):
      settle(lost, ttl, key, now)
    case (.renew(let token, let deadline, var record, let ttl), .outcome(.applied)),
      (.renew(let token, let deadline, var record, let ttl), .outcome(.restored)):
      record.head.token = token
      record.head.leaseDeadline = max(record.head.leaseDeadline, deadline)
      hold(record, ttl, key)
    case (.complete(let token, _, let record, let ttl), .outcome(let outcome)),
      (.markUncertain(let token, let record, let ttl), .outcome(let outcome)):
      if outcome == .lost { return shard(token).drop(token) }
      settle(record, ttl, key, now)
    case (.release(let token, let expected, let isTainted, var record, let ttl, _), .outcome(let outcome)):
      if outcome == .lost { return shard(token).drop(token) }
      // Behind a reclaim of unknown outcome: as a rule that was not applied, and what stands there free has the attempt
      // before it. With one too many, this would be in the way of who really took it. Nothing ran, so nothing is missed.
      if expected != nil, outcome != .restored { record.head.attempt = max(1, record.head.attempt - 1) }
      // A release that is forgotten would leave a reservation without an owner, and an attempt that is given twice.
      if !isTainted { record.head.fingerprint = .any }
      settle(record, ttl, key, now)
    // Putting back changes nothing of what is known; but what is lost is another's.
    case (.renew(let token, _, _, _), .outcome): shard(token).drop(token)
    case (.putBack(let record, _), .outcome(.lost)): shard(record.head.token).drop(record.head.token)
    default: break
    }
  }

  /// What to put back now, at the store's time `time`: reservations whose lease lives, then outcomes, oldest first.
  package func keepsakes(at now: BootInstant, time: Int64) -> [Keepsake] {
    let all = shards.map { $0.keepsakes(at: now, time: time) }
    return all.flatMap(\.live) + all.flatMap(\.outcomes)
  }

  /// Drops what would not be put back any more.
  func sweep(at now: BootInstant, time: Int64) {
    for shard in shards { shard.sweep(at: now, time: time) }
  }

  private func hold(_ record: Record, _ ttl: Int64, _ key: RecordKey) {
    shard(record.head.token).hold(record, ttl: ttl, key: key)
  }

  private func settle(_ record: Record, _ ttl: Int64, _ key: RecordKey, _ now: BootInstant) {
    let token = record.head.token
    shard(token).settle(token, Keepsake(key: key, record: record, ttl: ttl), at: now)
  }

  private func shard(_ token: OwnerToken) -> RegistryShard {
    shards[Int(UInt(bitPattern: token.hashValue) % UInt(Self.shardCount))]
  }
}

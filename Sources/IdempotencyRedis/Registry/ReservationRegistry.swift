package import Idempotency
package import Logging
internal import NIOConcurrencyHelpers
internal import Synchronization

/// What this process would put back into a Redis that lost it: the reservations of living exchanges, and outcomes that
/// were acknowledged shortly before the last contact with the history that was lost.
///
/// Driven by the replies that pass through the store. Sharded, so that event loops hardly ever meet at a lock.
///
/// Nothing ages while there is no contact: an outcome is forgotten when a later reply shows that the history it belongs
/// to has lived on for the whole window, and never because time passes.
package final class ReservationRegistry: Sendable {
  /// Enough for two to four event loops to be mostly alone, and little memory when idle.
  static let shardCount = 8

  private let limits: PutBackLimits
  private let shards: [RegistryShard]
  private let dropped = (reservations: Counter(), outcomes: Counter())
  private let logger: Logger

  private final class Counter: Sendable {
    let value = Atomic(0)
  }

  /// Makes an empty registry.
  package init(
    limits: PutBackLimits = PutBackLimits(),
    logger: Logger = Logger(label: "idempotency.redis", factory: { _ in SwiftLogNoOpLogHandler() })
  ) {
    self.limits = limits
    self.logger = logger
    shards = (0..<Self.shardCount).map { _ in RegistryShard(limits: limits) }
  }

  /// Takes note of what a reply says about this process's reservations.
  package func note(_ operation: StoreOperation, _ reply: StoreReply, for key: RecordKey, at now: BootInstant) {
    switch (operation, reply) {
    case (.reserve(let record, let ttl), .granted):
      hold(record, ttl, key, now)
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
      hold(record, ttl, key, now)
    case (.reclaim(_, _, var record, let ttl, _, _), .reclaimed(let attempt)):
      record.head.attempt = attempt
      hold(record, ttl, key, now)
    case (.reclaim(_, _, _, let ttl, _, let lost?), .settled):
      settle(lost, ttl, key, now)
    case (.reclaim(let expected, _, let record, _, let ttl, _), .nowUncertain):
      settle(record.calledUncertain(expected), ttl, key, now)
    case (.renew(let token, let deadline, var record, let ttl), .outcome(.applied)),
      (.renew(let token, let deadline, var record, let ttl), .outcome(.restored)):
      record.head.token = token
      record.head.leaseDeadline = max(record.head.leaseDeadline, deadline)
      hold(record, ttl, key, now)
    case (.complete(let token, _, _, _), .outcome(.lost)), (.markUncertain(let token, _, _), .outcome(.lost)),
      (.release(let token, _, _, _, _, _), .outcome(.lost)), (.release(let token, _, _, _, _, _), .unreadable):
      count(shard(token).lose(token, at: now))
    // An outcome that found no record to settle is an outcome all the same, and the last that its exchange says.
    case (.complete(_, _, let record, let ttl), .outcome), (.complete(_, _, let record, let ttl), .unreadable),
      (.markUncertain(_, let record, let ttl), .outcome), (.markUncertain(_, let record, let ttl), .unreadable):
      settle(record, ttl, key, now)
    case (.release(_, let expected, let isTainted, var record, let ttl, let shortTTL), .outcome(let outcome)):
      // Behind a reclaim of unknown outcome: as a rule that was not applied, and what is there, free, has the attempt
      // before it. With one too many, this would be in the way of the worker that really took it. Nothing ran, so
      // nothing is missed.
      if expected != nil, outcome != .restored { record.head.attempt = max(1, record.head.attempt - 1) }
      // A release that is forgotten would leave a reservation without an owner, and an attempt that is given twice.
      if !isTainted { record.head.fingerprint = .any }
      settle(
        record, StoreOperation.freeTTL(record.head.attempt, isTainted: isTainted, ttl, short: shortTTL), key, now)
    case (.putBack(let record, _), .outcome(let outcome)): putBack(record.head, outcome, now)
    case (.putBack(let record, _), .unreadable): putBack(record.head, .lost, now)
    // A renewal that was refused ends nothing: the exchange runs on, and its attempt must not be given again.
    default: break
    }
  }

  /// The store has another history: what the old one acknowledged within the window before the last contact is to be
  /// put back, and so is what was still to be put back into the old one.
  ///
  /// Call it before ``keepsakes(at:time:)``, when no reply of the old history can come any more.
  package func historyChanged() {
    // At the last contact or a little before it, so that too much is put back rather than too little.
    guard let contact = shards.compactMap(\.lastAcknowledged).max() else { return }
    for shard in shards { count(shard.historyChanged(since: limits.windowStart(contact))) }
  }

  /// What is to be put back now: reservations, then outcomes, oldest first.
  ///
  /// - Parameters:
  ///   - now: When it is put back.
  ///   - time: The store's time then; nil where it is not known.
  /// - Returns: It, and the owners that may go on as soon as all of it is back; the others wait until the store has
  ///   settled.
  package func keepsakes(at now: BootInstant, time: Int64?) -> (all: [Keepsake], owners: Set<OwnerToken>) {
    let shards = shards.map { $0.keepsakes(at: now, time: time) }
    return (
      shards.flatMap(\.reservations) + shards.flatMap(\.outcomes),
      shards.reduce(into: []) { $0.formUnion($1.owners) }
    )
  }

  /// Drops what would not be put back any more.
  ///
  /// - Parameters:
  ///   - contact: When the store was asked for an answer that it has given.
  ///   - time: The store's time.
  package func sweep(contact: BootInstant, time: Int64) {
    for shard in shards { shard.sweep(contact: contact, time: time) }
  }

  /// What is kept, and what did not fit since this process began.
  var figures: PutBackFigures {
    let all = shards.map(\.figures)
    return PutBackFigures(
      reservations: all.reduce(0) { $0 + $1.reservations }, bytes: all.reduce(0) { $0 + $1.bytes },
      droppedReservations: dropped.reservations.value.load(ordering: .relaxed),
      droppedOutcomes: dropped.outcomes.value.load(ordering: .relaxed))
  }

  private func hold(_ record: Record, _ ttl: Int64, _ key: RecordKey, _ now: BootInstant) {
    count(shard(record.head.token).hold(record, ttl: ttl, key: key, at: now))
  }

  private func settle(_ record: Record, _ ttl: Int64, _ key: RecordKey, _ now: BootInstant) {
    count(shard(record.head.token).settle(record, ttl: ttl, key: key, at: now))
  }

  private func putBack(_ head: RecordHead, _ outcome: StoreOutcome, _ now: BootInstant) {
    count(shard(head.token).putBack(head, outcome, at: now))
  }

  /// Counts what did not fit, and says so once for each kind: from then on the figures do.
  private func count(_ some: RegistryShard.Dropped) {
    if some.reservations == 0, some.outcomes == 0 { return }
    count(some.reservations, dropped.reservations, "reservations", limits.reservations)
    count(some.outcomes, dropped.outcomes, "bytes of outcomes", limits.bytes)
  }

  private func count(_ some: Int, _ counter: Counter, _ what: String, _ limit: Int) {
    guard some > 0, counter.value.wrappingAdd(some, ordering: .relaxed).oldValue == 0 else { return }
    logger.warning(
      "more than can be put back: should Redis lose its last writes now, the oldest of them are not protected",
      metadata: ["limit": "\(limit) \(what)"])
  }

  private func shard(_ token: OwnerToken) -> RegistryShard {
    shards[Int(UInt(bitPattern: token.hashValue) % UInt(Self.shardCount))]
  }
}

/// What a process would put back into a Redis that lost it, and what it could not keep for that.
public struct PutBackFigures: Sendable, Hashable {
  /// Reservations of exchanges that live.
  public let reservations: Int
  /// Bytes that outcomes take.
  public let bytes: Int
  /// Reservations that were not kept, since this process began.
  public let droppedReservations: Int
  /// Outcomes that were forgotten before their time, since this process began.
  public let droppedOutcomes: Int

  /// Makes figures of their parts.
  public init(reservations: Int, bytes: Int, droppedReservations: Int, droppedOutcomes: Int) {
    self.reservations = reservations
    self.bytes = bytes
    self.droppedReservations = droppedReservations
    self.droppedOutcomes = droppedOutcomes
  }
}

extension Record {
  /// What a reclaim has made of another owner's reservation, as far as the reclaimer knows it.
  ///
  /// A caller was told that the outcome is uncertain: should the store lose that together with the reservation, whose
  /// owner may be dead, the key must not look new.
  fileprivate func calledUncertain(_ owner: OwnerToken) -> Record {
    var record = self
    record.head.state = .uncertain
    record.head.token = owner
    // One less than was asked for; where attempts have run out nothing more was to be had.
    if head.attempt < RecordHead.maximumAttempt { record.head.attempt = max(1, head.attempt - 1) }
    record.head.unknownOutcome = .hold
    return record
  }
}

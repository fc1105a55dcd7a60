internal import Idempotency
internal import NIOConcurrencyHelpers
internal import NIOCore

/// What this process would put back for some of the tokens.
final class RegistryShard: Sendable {
  /// A reservation whose exchange lives, or may live.
  private struct Reservation {
    let key: RecordKey
    let record: Record
    let ttl: Int64
    /// When the store acknowledged it last; with a history that was lost, when the present one has it again.
    var acknowledged: BootInstant
    /// Its lease was over when it was put back, by the clock of then.
    ///
    /// Another may have settled its key since. A history whose clock is behind does not bring the lease back.
    var hasLapsed = false

    /// Whether its lease is over at the store's time `time`.
    func isOver(at time: Int64) -> Bool { record.head.leaseDeadline <= time }

    /// Whether no exchange goes on under it: its record has ended by itself.
    ///
    /// Under execute-again an exchange may end without a last word; then its lease is over, and as soon as the store has
    /// kept it for the window, it is as safe as persistence makes it.
    func isForgotten(_ contact: BootInstant, _ time: Int64, limits: PutBackLimits) -> Bool {
      if contact.milliseconds(since: acknowledged) > ttl { return true }
      return record.head.unknownOutcome == .executeAgain && isOver(at: time)
        && acknowledged < limits.windowStart(contact)
    }

    var keepsake: Keepsake { Keepsake(key: key, record: StoredRecord(record), ttl: ttl) }
  }

  /// Names an outcome: an owner may have marked its key uncertain and completed it later.
  private struct OutcomeName: Hashable {
    let token: OwnerToken
    let state: RecordState

    init(_ head: RecordHead) {
      token = head.token
      state = head.state
    }
  }

  private struct State {
    var reservations: [OwnerToken: Reservation] = [:]
    /// What the present history of the store has acknowledged.
    var outcomes = OutcomeLog()
    /// What an earlier history has acknowledged and the present one has not: it stays until it is put back, however
    /// long that takes, and nothing of it ages.
    var owed: [OutcomeName: OutcomeLog.Entry] = [:]

    var owedBytes: Int { owed.values.reduce(0) { $0 + $1.keepsake.byteCount } }

    /// Forgets the oldest of what is owed until it takes no more than `limit` bytes, and says how many.
    mutating func shrinkOwed(to limit: Int) -> Int {
      var bytes = owedBytes
      guard bytes > limit else { return 0 }
      let count = owed.count
      for (name, entry) in owed.sorted(by: { $0.value.acknowledged < $1.value.acknowledged }) where bytes > limit {
        owed[name] = nil
        bytes -= entry.keepsake.byteCount
      }
      return count - owed.count
    }
  }

  /// What did not fit.
  struct Dropped {
    var reservations = 0
    var outcomes = 0
  }

  private let limits: PutBackLimits
  private let state = NIOLockedValueBox(State())

  init(limits: PutBackLimits) {
    self.limits = limits
  }

  /// A reservation is held, or renewed.
  func hold(_ record: Record, ttl: Int64, key: RecordKey, at now: BootInstant) -> Dropped {
    state.withLockedValue { state in
      let token = record.head.token
      guard state.reservations.count < limits.reservationsPerShard || state.reservations[token] != nil else {
        return Dropped(reservations: 1)
      }
      state.reservations[token] = Reservation(key: key, record: record, ttl: ttl, acknowledged: now)
      return Dropped()
    }
  }

  /// The exchange of a reservation has ended, and the store did not take its last word.
  ///
  /// Somebody else has settled the key, or took it. Should the store lose that, the reservation is the last that is known
  /// of its attempt, so it is kept like an outcome.
  func lose(_ token: OwnerToken, at now: BootInstant) -> Dropped {
    state.withLockedValue { state in
      guard let reservation = state.reservations.removeValue(forKey: token) else { return Dropped() }
      return keep(reservation.record, ttl: reservation.ttl, key: reservation.key, at: now, in: &state)
    }
  }

  /// A reservation has its outcome.
  func settle(_ record: Record, ttl: Int64, key: RecordKey, at now: BootInstant) -> Dropped {
    state.withLockedValue { state in
      state.reservations[record.head.token] = nil
      return keep(record, ttl: ttl, key: key, at: now, in: &state)
    }
  }

  private func keep(
    _ record: Record, ttl: Int64, key: RecordKey, at now: BootInstant, in state: inout State
  ) -> Dropped {
    // The reply that it is kept for is contact with the history that it belongs to.
    state.outcomes.forget(before: limits.windowStart(now))
    let size = record.body.readableBytes + OutcomeLog.ordinaryBytes
    let isTooMuch = state.outcomes.byteCount + size > limits.bytesPerShard
    state.outcomes.append(isTooMuch ? record.withoutBody : record, of: key, ttl: ttl, at: now)
    return Dropped(outcomes: state.outcomes.shrink(to: limits.bytesPerShard))
  }

  /// The present history has answered what was put back.
  ///
  /// A living exchange's reservation stays, whatever the answer: the key may be uncertain, and the exchange runs on.
  func putBack(_ head: RecordHead, _ outcome: StoreOutcome, at now: BootInstant) -> Dropped {
    state.withLockedValue { state in
      // As safe as one that was acknowledged now; it is no older than that when the store loses it again.
      if head.state == .reserved { state.reservations[head.token]?.acknowledged = now }
      guard let entry = state.owed.removeValue(forKey: OutcomeName(head)) else { return Dropped() }
      // Completed, or another's: the present history knows better than an outcome; an attempt is remembered all the same.
      guard outcome != .lost || head.state == .reserved, let keepsake = entry.remaining(at: now) else {
        return Dropped()
      }
      state.outcomes.append(keepsake, at: now)
      return Dropped(outcomes: state.outcomes.shrink(to: limits.bytesPerShard))
    }
  }

  /// When the present history acknowledged its last outcome; nil where none is kept.
  var lastAcknowledged: BootInstant? { state.withLockedValue { $0.outcomes.newest } }

  /// The store has another history: what the old one acknowledged from `start` on is owed to it.
  func historyChanged(since start: BootInstant) -> Dropped {
    state.withLockedValue { state in
      for entry in state.outcomes.entries(since: start) {
        state.owed[OutcomeName(entry.keepsake.record.head)] = entry
      }
      state.outcomes = OutcomeLog()
      return Dropped(outcomes: state.shrinkOwed(to: limits.bytesPerShard))
    }
  }

  /// What to put back: reservations, and outcomes, oldest first.
  ///
  /// - Parameters:
  ///   - now: When it is put back.
  ///   - time: The store's time then; nil where it is not known, and every lease may be over.
  /// - Returns: Both, and the owners that may go on as soon as all is back: not those of which nothing but a reservation
  ///   comes back whose lease is over. Others may have settled their keys meanwhile, and put that back after them.
  func keepsakes(
    at now: BootInstant, time: Int64?
  ) -> (reservations: [Keepsake], outcomes: [Keepsake], owners: Set<OwnerToken>) {
    state.withLockedValue { state in
      let outcomes = state.owed.values.sorted { $0.acknowledged < $1.acknowledged }.compactMap { $0.remaining(at: now) }
      if let time {
        for (token, reservation) in state.reservations where reservation.isOver(at: time) {
          state.reservations[token]?.hasLapsed = true
        }
      }
      let alive = time == nil ? [] : state.reservations.values.filter { !$0.hasLapsed }
      var owners = Set(alive.map(\.record.head.token))
      for outcome in outcomes where outcome.record.head.state != .reserved { owners.insert(outcome.record.head.token) }
      return (state.reservations.values.map(\.keepsake), outcomes, owners)
    }
  }

  /// Drops what would not be put back any more; `contact` is when the store last answered.
  func sweep(contact: BootInstant, time: Int64) {
    state.withLockedValue { state in
      state.outcomes.forget(before: limits.windowStart(contact))
      state.reservations = state.reservations.filter { !$0.value.isForgotten(contact, time, limits: limits) }
    }
  }

  var figures: (reservations: Int, bytes: Int) {
    state.withLockedValue { ($0.reservations.count, $0.outcomes.byteCount + $0.owedBytes) }
  }
}

extension Record {
  /// That the operation is done is worth more than its answer: without it, it could run again.
  fileprivate var withoutBody: Record {
    guard head.state == .completed else { return self }
    var record = self
    record.head.state = .notRetained
    record.body.clear()
    return record
  }
}

internal import Idempotency
internal import NIOConcurrencyHelpers

/// The reservations of some of the tokens.
final class RegistryShard: Sendable {
  /// 65,536 in all: what the client lets be in flight at once, and at half a KiB each 32 MiB.
  ///
  /// A process with more live reservations protects the first of them.
  static let maximumLive = 65_536 / ReservationRegistry.shardCount
  /// 64 MiB in all: as much as may wait for a Redis that is away.
  ///
  /// Answers of 16 KiB at 800 a second for five seconds; of more, the oldest go first, for they are the likeliest to be
  /// on the disk or the replica.
  static let maximumOutcomeBytes = 64 * 1024 * 1024 / ReservationRegistry.shardCount
  /// Acknowledged longer ago, an outcome is as safe as persistence makes it: `appendfsync everysec` lags two seconds
  /// at most, a replica that lags five is lost.
  static let outcomeAge: Int64 = 5_000_000_000

  private struct State {
    var live: [OwnerToken: Keepsake] = [:]
    var outcomes = OutcomeLog()
  }

  private let state = NIOLockedValueBox(State())

  /// A reservation is held, or renewed.
  func hold(_ record: Record, ttl: Int64, key: RecordKey) {
    state.withLockedValue { state in
      guard state.live.count < Self.maximumLive || state.live[record.head.token] != nil else { return }
      state.live[record.head.token] = Keepsake(key: key, record: record, ttl: ttl)
    }
  }

  /// A reservation was given up or lost.
  func drop(_ token: OwnerToken) {
    state.withLockedValue { $0.live[token] = nil }
  }

  /// A reservation has its outcome.
  func settle(_ token: OwnerToken, _ keepsake: Keepsake, at now: BootInstant) {
    state.withLockedValue { state in
      state.live[token] = nil
      state.outcomes.forget(before: Self.oldest(at: now))
      state.outcomes.append(keepsake, at: now)
      state.outcomes.shrink(to: Self.maximumOutcomeBytes)
    }
  }

  /// What to put back.
  func keepsakes(at now: BootInstant, time: Int64) -> (live: [Keepsake], outcomes: [Keepsake]) {
    state.withLockedValue { state in
      let live = state.live.values.filter { $0.record.head.leaseDeadline > time }
      return (live, state.outcomes.keepsakes(since: Self.oldest(at: now)))
    }
  }

  /// Drops leases that are over and outcomes that are old.
  func sweep(at now: BootInstant, time: Int64) {
    state.withLockedValue { state in
      state.outcomes.forget(before: Self.oldest(at: now))
      state.live = state.live.filter { $0.value.record.head.leaseDeadline > time }
    }
  }

  /// When an outcome must have been acknowledged to be kept at `now`.
  private static func oldest(at now: BootInstant) -> BootInstant {
    BootInstant(nanoseconds: now.nanoseconds - outcomeAge)
  }
}

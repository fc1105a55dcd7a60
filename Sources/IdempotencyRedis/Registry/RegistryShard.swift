internal import DequeModule
internal import Idempotency
internal import NIOCore
internal import NIOConcurrencyHelpers

/// The reservations of some of the tokens.
final class RegistryShard: Sendable {
  /// 65,536 in all: what the client lets be in flight at once, and at half a KiB each 32 MiB.
  ///
  /// A process with more live
  /// reservations protects the first of them.
  static let maximumLive = 65_536 / ReservationRegistry.shardCount
  /// 64 MiB in all: as much as may wait for a Redis that is away.
  ///
  /// Answers of 16 KiB at 800 a second for five seconds;
  /// of more, the oldest go first, for they are the likeliest to be on the disk or the replica.
  static let maximumOutcomeBytes = 64 * 1024 * 1024 / ReservationRegistry.shardCount
  /// What an outcome takes besides its body.
  static let outcomeOverhead = 1024
  /// Acknowledged longer ago, an outcome is as safe as persistence makes it: `appendfsync everysec` lags two seconds
  /// at most, a replica that lags five is lost.
  static let outcomeAge: Int64 = 5_000_000_000

  private struct Outcome {
    let keepsake: Keepsake
    let acknowledged: BootInstant
    let byteCount: Int
  }

  private struct Live {
    let key: RecordKey
    let record: Record
    let ttl: Int64
  }

  private struct State {
    var live: [OwnerToken: Live] = [:]
    var outcomes = Deque<Outcome>()
    var outcomeBytes = 0

    mutating func dropFirst() {
      guard let first = outcomes.popFirst() else { return }
      outcomeBytes -= first.byteCount
    }

    mutating func dropOld(at now: BootInstant) {
      while let first = outcomes.first, now.nanoseconds - first.acknowledged.nanoseconds > RegistryShard.outcomeAge {
        dropFirst()
      }
    }
  }

  private let state = NIOLockedValueBox(State())

  /// A reservation is held, or renewed.
  func hold(_ record: Record, ttl: Int64, key: RecordKey) {
    state.withLockedValue { state in
      guard state.live.count < Self.maximumLive || state.live[record.head.token] != nil else { return }
      state.live[record.head.token] = Live(key: key, record: record, ttl: ttl)
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
      state.dropOld(at: now)
      let bytes = Self.outcomeOverhead + keepsake.bodyByteCount
      state.outcomes.append(Outcome(keepsake: keepsake, acknowledged: now, byteCount: bytes))
      state.outcomeBytes += bytes
      while state.outcomeBytes > Self.maximumOutcomeBytes { state.dropFirst() }
    }
  }

  /// What to put back.
  func keepsakes(at now: BootInstant, time: Int64) -> (live: [Keepsake], outcomes: [Keepsake]) {
    state.withLockedValue { state in
      state.dropOld(at: now)
      let live = state.live.compactMap { token, live -> Keepsake? in
        let deadline = live.record.head.leaseDeadline
        guard deadline > time else { return nil }
        let renew = StoreOperation.renew(token: token, deadline: deadline, record: live.record, ttl: live.ttl)
        return Keepsake(key: live.key, operation: renew)
      }
      return (live, state.outcomes.map(\.keepsake))
    }
  }

  /// Drops leases that are over and outcomes that are old.
  func sweep(at now: BootInstant, time: Int64) {
    state.withLockedValue { state in
      state.dropOld(at: now)
      state.live = state.live.filter { $0.value.record.head.leaseDeadline > time }
    }
  }
}

extension Keepsake {
  /// How many bytes of an answer it keeps alive.
  fileprivate var bodyByteCount: Int {
    if case .complete(_, _, let record, _) = operation { record.body.readableBytes } else { 0 }
  }
}

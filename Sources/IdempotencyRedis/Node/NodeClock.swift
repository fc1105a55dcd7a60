internal import Idempotency
internal import Logging
internal import NIOConcurrencyHelpers
internal import Synchronization

/// A Redis node's time as this process knows it: one offset against `CLOCK_BOOTTIME` and its age, read with two atomic
/// loads.
///
/// In microseconds, because the nanoseconds of the years up to 2286, which a record can hold, do not fit 64 bits.
final class NodeClock: StoreClock {
  /// What both clocks may drift apart in the minute between two samples, in microseconds.
  ///
  /// The kernel slews each by 500 ppm at most, so 1000 ppm of 60 s. It makes a lease end 60 ms earlier for its owner, which costs nothing.
  static let driftAllowance: Int64 = 60_000
  /// How long the allowance covers the drift, in microseconds; from then on the bound grows by 1000 ppm of its age.
  static let coveredAge: Int64 = 60_000_000
  /// An offset that was not renewed for longer is no longer known, in microseconds.
  ///
  /// 10 min: ten rounds without one good sample. The bound is 600 ms too late by then, as much as a short lease; and a Redis
  /// that has not answered within 100 ms for so long is not fit to guard anything.
  static let maximumAge: Int64 = 600_000_000
  /// A longer round trip says too little, in nanoseconds: half a lease must remain after it, and leases are seconds.
  static let maximumRoundTrip: Int64 = 100_000_000

  private static let unknown = Int64.min
  private let offset = Atomic<Int64>(unknown)
  /// When the sample was sent that the offset is from, or an earlier time.
  ///
  /// Written after the offset and read before it: whoever reads in between takes a new offset for an old one, and the bound
  /// is only later than it need be.
  private let sampled = Atomic<Int64>(0)
  /// Sets come from several connections; only reads are frequent.
  private let setting = NIOLock()
  /// The operator knows that the server's time cannot be used.
  private let isSaid = Atomic(false)
  private let logger: Logger

  /// Makes a clock that knows no time.
  ///
  /// - Parameter logger: Is told, once, when the server says a time that cannot be.
  init(logger: Logger = Logger(label: "idempotency.redis")) {
    self.logger = logger
  }

  /// One `TIME` and when it was asked.
  struct Sample: Sendable {
    /// The server's time in Unix microseconds; nil if it cannot be: no time, or so late that a record cannot hold the
    /// deadline of a lease that begins then.
    let server: Int64?
    let sent: BootInstant
    let roundTrip: Int64

    init(serverMicroseconds: Int64, sent: BootInstant, received: BootInstant) {
      let isPlausible = Moment.serverTimes.contains(serverMicroseconds / 1_000) && serverMicroseconds >= 0
      server = isPlausible ? serverMicroseconds : nil
      self.sent = sent
      roundTrip = received.nanoseconds - sent.nanoseconds
    }
  }

  /// Whether the time is known now.
  var isKnown: Bool { upperBound(at: .now) != nil }

  func upperBound(at instant: BootInstant) -> Int64? {
    let sampled = sampled.load(ordering: .acquiring)
    let offset = offset.load(ordering: .relaxed)
    guard offset != Self.unknown else { return nil }
    let now = Self.microseconds(instant) + 1
    let age = now - sampled
    guard age <= Self.maximumAge else { return nil }
    return (now + offset + (age <= Self.coveredAge ? Self.driftAllowance : age / 1_000)) / 1_000
  }

  /// Goes by the best of a round of samples from now on.
  ///
  /// A time that cannot be is no sample; the operator is told of the first.
  func set(_ sample: Sample) {
    guard let server = sample.server else { return refused() }
    isSaid.store(false, ordering: .relaxed)
    let sent = Self.microseconds(sample.sent)
    setting.withLock {
      // The server read its clock after `sent`, so at any later instant its time is at most what it said plus all that has
      // passed since `sent`, the whole round trip included: an upper bound. `TIME` cuts to microseconds, hence one more.
      offset.store(server + 1 - sent, ordering: .relaxed)
      sampled.store(sent, ordering: .releasing)
    }
  }

  /// Forgets the offset: another node's clock is another.
  func reset() {
    setting.withLock { offset.store(Self.unknown, ordering: .relaxed) }
  }

  private static func microseconds(_ instant: BootInstant) -> Int64 { instant.nanoseconds / 1_000 }

  private func refused() {
    guard !isSaid.exchange(true, ordering: .relaxed) else { return }
    logger.error(
      "Redis says a time that cannot be, and it is not used: set the clock of its machine, and keep it with NTP or PTP")
  }
}

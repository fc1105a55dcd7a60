internal import Idempotency
internal import Synchronization

/// A Redis node's time as this process knows it: one offset against `CLOCK_BOOTTIME`, read with one atomic load.
final class NodeClock: StoreClock {
  /// What both clocks may drift apart in the minute between two samples.
  ///
  /// The kernel slews each by 500 ppm at most, so 1000 ppm of 60 s. It makes a lease end 60 ms earlier for its owner, which costs nothing.
  static let driftAllowance: Int64 = 60_000_000
  /// A longer round trip says too little: half a lease must remain after it, and leases are seconds.
  static let maximumRoundTrip: Int64 = 100_000_000

  private static let unknown = Int64.min
  private let offset = Atomic<Int64>(unknown)

  /// One `TIME` and when it was asked.
  struct Sample: Sendable {
    /// The server's time less the time before it was asked, in nanoseconds.
    ///
    /// The server read its clock after `sent`, so at any later instant its time is at most what it said plus all that
    /// has passed since `sent`, the whole round trip included: an upper bound. `TIME` cuts to microseconds, hence one
    /// more.
    let offset: Int64
    let roundTrip: Int64

    init(serverMicroseconds: Int64, sent: BootInstant, received: BootInstant) {
      offset = (serverMicroseconds + 1) * 1000 - sent.nanoseconds
      roundTrip = received.nanoseconds - sent.nanoseconds
    }
  }

  /// Whether an offset is known.
  var isKnown: Bool { offset.load(ordering: .relaxed) != Self.unknown }

  func upperBound(at instant: BootInstant) -> Int64? {
    let offset = offset.load(ordering: .relaxed)
    guard offset != Self.unknown else { return nil }
    return (instant.nanoseconds + offset) / 1_000_000
  }

  /// Goes by the best of a round of samples from now on.
  func set(_ sample: Sample) {
    offset.store(sample.offset + Self.driftAllowance, ordering: .relaxed)
  }

  /// Forgets the offset: another node's clock is another.
  func reset() {
    offset.store(Self.unknown, ordering: .relaxed)
  }
}

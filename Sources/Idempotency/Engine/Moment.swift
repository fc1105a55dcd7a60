/// When an event reaches the engine, by the two clocks it decides with.
public struct Moment: Sendable, Hashable {
  /// By the machine's clock, which counts suspension.
  public let boot: BootInstant
  /// The upper bound of the store's time in Unix milliseconds, one of ``serverTimes``; nil while the store's clock is not
  /// known.
  public let server: Int64?

  /// The times of a store that an exchange goes by, in Unix milliseconds.
  ///
  /// To the longest lease before the last deadline that a record can hold, in the year 2286: every deadline of a lease
  /// that begins now can be written, and no sum overflows.
  public static var serverTimes: ClosedRange<Int64> { 0...(RecordHead.maximumDeadline - 86_400_000) }

  /// Makes a moment of both readings.
  ///
  /// - Parameters:
  ///   - boot: By the machine's clock.
  ///   - server: By the store's, in Unix milliseconds; a time outside ``serverTimes`` counts as not known.
  public init(boot: BootInstant, server: Int64?) {
    self.boot = boot
    self.server = if let server, Self.serverTimes.contains(server) { server } else { nil }
  }

  /// Reads both clocks now.
  public init(_ clock: any StoreClock) {
    let boot = BootInstant.now
    self.init(boot: boot, server: clock.upperBound(at: boot))
  }
}

extension Int64 {
  /// The sum, or the number nearest to it where it does not fit.
  ///
  /// For sums of what a caller gave, so that a nonsensical time-to-live does not end the process.
  func adding(capped other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}

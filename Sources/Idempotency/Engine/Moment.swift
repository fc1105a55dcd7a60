/// When an event reaches the engine, by the two clocks it decides with.
public struct Moment: Sendable, Hashable {
  /// By the machine's clock, which counts suspension.
  public let boot: BootInstant
  /// The upper bound of the store's time in Unix milliseconds; nil while the store's clock is not known.
  public let server: Int64?

  /// Makes a moment of both readings.
  public init(boot: BootInstant, server: Int64?) {
    self.boot = boot
    self.server = server
  }

  /// Reads both clocks now.
  public init(_ clock: any StoreClock) {
    let boot = BootInstant.now
    self.init(boot: boot, server: clock.upperBound(at: boot))
  }
}

public import Idempotency
internal import NIOConcurrencyHelpers

/// A store's time that stands still until a test moves it.
public final class ManualStoreClock: StoreClock {
  private let milliseconds: NIOLockedValueBox<Int64?>

  /// Makes a clock.
  ///
  /// - Parameter milliseconds: The time it shows, Unix milliseconds; nil for a store that has not told its time yet.
  public init(milliseconds: Int64? = 1_700_000_000_000) {
    self.milliseconds = NIOLockedValueBox(milliseconds)
  }

  /// The time it was moved to, whatever `instant` is.
  public func upperBound(at instant: BootInstant) -> Int64? { milliseconds.withLockedValue { $0 } }

  /// Moves the time forward, or back.
  public func advance(by step: Int64) {
    milliseconds.withLockedValue { $0? += step }
  }
}

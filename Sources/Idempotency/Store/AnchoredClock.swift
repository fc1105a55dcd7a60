#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// This machine's time, read once; from then on it runs by `CLOCK_BOOTTIME`.
///
/// Steps of the wall clock do not move it (CONFORMANCE X13). Only a store inside this process can use it.
public struct AnchoredClock: StoreClock {
  private let anchor: BootInstant
  private let milliseconds: Int64

  /// Reads the wall clock for the only time.
  public init() {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    anchor = .now
    milliseconds = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// The time at `instant`, exactly: the store and its only process share this clock.
  public func upperBound(at instant: BootInstant) -> Int64? {
    milliseconds + instant.milliseconds(since: anchor)
  }
}

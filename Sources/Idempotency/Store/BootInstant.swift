#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A point in time of a clock that starts with the machine and goes on while it is suspended (`CLOCK_BOOTTIME`).
///
/// A lease must be judged by such a clock: a monotonic clock that stops in suspension believes a lease that is long over.
public struct BootInstant: Sendable, Hashable, Comparable {
  /// Nanoseconds since the machine started.
  public let nanoseconds: Int64

  /// Makes an instant, for tests and simulations.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// Now, by `CLOCK_BOOTTIME`.
  public static var now: BootInstant {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return BootInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// Milliseconds from `earlier` to this instant, rounded down.
  public func milliseconds(since earlier: BootInstant) -> Int64 {
    (nanoseconds - earlier.nanoseconds) / 1_000_000
  }

  /// Whether `left` comes before `right`.
  public static func < (left: BootInstant, right: BootInstant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

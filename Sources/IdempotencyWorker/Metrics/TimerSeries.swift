import CoreMetrics
import Synchronization

/// A histogram of durations: recorded in nanoseconds, shown in seconds.
final class TimerSeries: PrometheusSeries, TimerHandler {
  /// Upper bounds in nanoseconds: 0.1 ms, a round trip to a Redis nearby, to 60 s, twice the default time-out of an
  /// origin, at most a factor of 2.5 apart.
  ///
  /// The same for all, so that durations of several workers, and of store and origin, can be added up and compared.
  static let bounds: [Int64] = [
    100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
    250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000, 30_000_000_000,
    60_000_000_000,
  ]
  private static let boundTexts = bounds.map { PrometheusName.number(Double($0) / 1e9) }

  private let counts = BucketCounts(bounds: bounds.count)
  private let sum = Atomic<UInt64>(0)

  /// Counts a duration; a negative one, which only a clock set back gives, as zero.
  func recordNanoseconds(_ duration: Int64) {
    let duration = max(duration, 0)
    counts.increment(at: Self.bounds.firstIndex { duration <= $0 } ?? Self.bounds.count)
    sum.wrappingAdd(UInt64(duration), ordering: .relaxed)
  }

  func write(name: String, labels: String, to text: inout String) {
    let seconds = Double(sum.load(ordering: .relaxed)) / 1e9
    writeHistogram(name, labels, bounds: Self.boundTexts, counts: counts, sum: seconds, to: &text)
  }
}

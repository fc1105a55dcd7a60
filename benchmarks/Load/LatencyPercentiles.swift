import Histogram

/// Latencies in microseconds.
struct LatencyPercentiles: Codable, Sendable {
  let p50, p90, p99, p999, p9999, max: Double

  init(_ histogram: Histogram<UInt64>) {
    p50 = histogram.microseconds(50)
    p90 = histogram.microseconds(90)
    p99 = histogram.microseconds(99)
    p999 = histogram.microseconds(99.9)
    p9999 = histogram.microseconds(99.99)
    max = Double(histogram.maxRecorded) / 1_000
  }
}

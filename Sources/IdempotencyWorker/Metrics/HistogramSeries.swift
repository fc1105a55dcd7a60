import CoreMetrics

/// A histogram of values of any unit.
final class HistogramSeries: PrometheusSeries, RecorderHandler {
  /// Upper bounds: whoever records a value says nothing of its range, so 1, 2.5 and 5 of every decade up to a thousand
  /// million serve counts as well as bytes.
  static let bounds: [Double] = (0..<9).flatMap { decade in
    let unit = (0..<decade).reduce(1.0) { unit, _ in unit * 10 }
    return [unit, 2.5 * unit, 5 * unit]
  }
  private static let boundTexts = bounds.map(PrometheusName.number)

  private let counts = BucketCounts(bounds: bounds.count)
  private let sum = AtomicDouble()

  /// Counts a value.
  func record(_ value: Int64) { record(Double(value)) }

  /// Counts a value; what is no number has no place among the others.
  func record(_ value: Double) {
    guard !value.isNaN else { return }
    counts.increment(at: Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count)
    sum.add(value)
  }

  func write(name: String, labels: String, to text: inout String) {
    writeHistogram(name, labels, bounds: Self.boundTexts, counts: counts, sum: sum.value, to: &text)
  }
}

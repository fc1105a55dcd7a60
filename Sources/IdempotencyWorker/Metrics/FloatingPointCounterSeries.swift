import CoreMetrics

/// A counter of fractions.
final class FloatingPointCounterSeries: PrometheusSeries, FloatingPointCounterHandler {
  private let sum = AtomicDouble()

  /// Counts some; a counter never falls and stays a number, so anything but a finite positive amount is nothing.
  func increment(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    sum.add(amount)
  }

  /// Counts from zero again.
  func reset() {
    sum.store(0)
  }

  func write(name: String, labels: String, to text: inout String) {
    writeSample(name, labels, PrometheusName.number(sum.value), to: &text)
  }
}

import CoreMetrics

/// A value that goes up and down.
final class GaugeSeries: PrometheusSeries, MeterHandler, RecorderHandler {
  private let number = AtomicDouble()

  /// The value.
  var value: Double { number.value }

  /// Sets the value.
  func set(_ value: Double) { number.store(value) }

  /// Sets the value.
  func set(_ value: Int64) { number.store(Double(value)) }

  /// Adds to the value.
  func increment(by amount: Double) { number.add(amount) }

  /// Takes from the value.
  func decrement(by amount: Double) { number.add(-amount) }

  /// Adds to the value; a negative amount takes from it.
  func add(_ amount: Int) { number.add(Double(amount)) }

  /// Sets the value: the last one recorded counts.
  func record(_ value: Int64) { set(value) }

  /// Sets the value: the last one recorded counts.
  func record(_ value: Double) { set(value) }

  func write(name: String, labels: String, to text: inout String) {
    writeSample(name, labels, PrometheusName.number(value), to: &text)
  }
}

import CoreMetrics
import Synchronization

/// A counter of whole numbers.
final class CounterSeries: PrometheusSeries, CounterHandler {
  private let count = Atomic<UInt64>(0)

  /// What was counted so far.
  var value: UInt64 { count.load(ordering: .relaxed) }

  /// Counts one.
  func increment() {
    count.wrappingAdd(1, ordering: .relaxed)
  }

  /// Counts some; a counter never falls, so less than one is nothing.
  func increment(by amount: Int64) {
    guard amount > 0 else { return }
    count.wrappingAdd(UInt64(amount), ordering: .relaxed)
  }

  /// Counts from zero again.
  func reset() {
    count.store(0, ordering: .relaxed)
  }

  func write(name: String, labels: String, to text: inout String) {
    writeSample(name, labels, String(value), to: &text)
  }
}

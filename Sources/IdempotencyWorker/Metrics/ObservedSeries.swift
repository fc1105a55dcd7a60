/// A value that is asked for when it is to be shown.
final class ObservedSeries: PrometheusSeries {
  private let value: @Sendable () -> Double?

  init(_ value: @escaping @Sendable () -> Double?) {
    self.value = value
  }

  func write(name: String, labels: String, to text: inout String) {
    guard let value = value() else { return }
    writeSample(name, labels, PrometheusName.number(value), to: &text)
  }
}

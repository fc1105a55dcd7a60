extension PrometheusRegistry {
  /// A counter of whole numbers; its name gets `_total`.
  func counter(_ name: String, help: String? = nil, labels: [(String, String)] = []) -> CounterSeries {
    handle(PrometheusName.metric(name, suffix: "_total"), .counter, help: help, labels: labels) { CounterSeries() }
  }

  /// A counter of fractions; its name gets `_total`.
  func floatingPointCounter(_ name: String, labels: [(String, String)] = []) -> FloatingPointCounterSeries {
    handle(PrometheusName.metric(name, suffix: "_total"), .counter, help: nil, labels: labels) {
      FloatingPointCounterSeries()
    }
  }

  /// A gauge.
  func gauge(_ name: String, help: String? = nil, labels: [(String, String)] = []) -> GaugeSeries {
    handle(PrometheusName.metric(name), .gauge, help: help, labels: labels) { GaugeSeries() }
  }

  /// A histogram of durations; its name gets `_seconds`.
  func timer(_ name: String, help: String? = nil, labels: [(String, String)] = []) -> TimerSeries {
    handle(PrometheusName.metric(name, suffix: "_seconds"), .histogram, help: help, labels: labels) { TimerSeries() }
  }

  /// A histogram of values.
  func histogram(_ name: String, help: String? = nil, labels: [(String, String)] = []) -> HistogramSeries {
    handle(PrometheusName.metric(name), .histogram, help: help, labels: labels) { HistogramSeries() }
  }

  /// A value that is asked for at every scrape, on the scraper's thread; nil is not shown.
  func observe(
    _ name: String, _ kind: PrometheusFamily.Kind = .gauge, help: String, labels: [(String, String)] = [],
    value: @escaping @Sendable () -> Double?
  ) {
    _ = handle(PrometheusName.metric(name), kind, help: help, labels: labels) { ObservedSeries(value) }
  }
}

/// Counts fetches of an issuer's keys.
struct KeyMetrics: Sendable {
  private let registry: PrometheusRegistry

  /// Counts in this registry.
  init(_ registry: PrometheusRegistry) {
    self.registry = registry
  }

  /// The keys were fetched, or could not be.
  ///
  /// Once a minute at most, as a rule: the handle is looked up.
  func fetched(succeeded: Bool) {
    registry.counter(
      "idempotency_key_fetches_total", help: "Fetches of the keys that tokens are verified with.",
      labels: [("result", succeeded ? "success" : "failure")]
    ).increment()
  }

  /// Shows how old the keys are; asked for at every scrape, nil is not shown.
  func showAge(_ age: @escaping @Sendable () -> Duration?) {
    registry.observe(
      "idempotency_keys_age_seconds", help: "Since the keys that tokens are verified with were fetched."
    ) { age().map { Double($0.components.seconds) } }
  }
}

import Idempotency

/// What is counted of one kind of store operation.
struct StoreOperationMetrics: Sendable {
  let seconds: TimerSeries
  private let notSent: CounterSeries
  private let unknown: CounterSeries
  private let full: CounterSeries
  private let readOnly: CounterSeries
  private let misconfigured: CounterSeries
  private let noReplicas: CounterSeries
  private let settling: CounterSeries
  private let refused: CounterSeries

  /// Makes the handles; failures stand in the text as 0 from the start, so that the first one is a rise.
  init(_ kind: StoreOperation.Kind, _ registry: PrometheusRegistry) {
    let operation = ("operation", kind.label)
    func failures(_ failure: String) -> CounterSeries {
      registry.counter(
        "idempotency_store_failures_total",
        help:
          "Store operations without a reply: not-sent and the refusals were not applied, unknown ones may have been.",
        labels: [operation, ("kind", failure)])
    }
    seconds = registry.timer(
      "idempotency_store_seconds", help: "From a store operation to its reply.", labels: [operation])
    notSent = failures("not-sent")
    unknown = failures("unknown")
    full = failures("full")
    readOnly = failures("read-only")
    misconfigured = failures("misconfigured")
    noReplicas = failures("no-replicas")
    settling = failures("settling")
    refused = failures("refused")
  }

  /// Counts a failure.
  func failed(_ kind: StoreFailure.Kind) {
    let failures =
      switch kind {
      case .notSent: notSent
      case .unknown: unknown
      case .refused(.full): full
      case .refused(.readOnly): readOnly
      case .refused(.misconfigured): misconfigured
      case .refused(.noReplicas): noReplicas
      case .refused(.settling): settling
      case .refused(.other): refused
      }
    failures.increment()
  }
}

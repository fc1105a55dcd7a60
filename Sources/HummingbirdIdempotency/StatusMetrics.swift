internal import Idempotency
internal import Metrics
internal import NIOConcurrencyHelpers

/// Counts answers by what `Idempotency-Status` says on them (rule E21).
final class StatusMetrics: Sendable {
  private struct Label: Hashable {
    let status: IdempotencyStatus
    let policy: String?
  }

  // Bounded by policies times statuses. Cached, because making a counter asks the metrics backend for it.
  private let counters = NIOLockedValueBox<[Label: Counter]>([:])

  func count(_ status: IdempotencyStatus, policy: String?) {
    counters.withLockedValue { counters in
      let label = Label(status: status, policy: policy)
      if let counter = counters[label] { return counter }
      let counter = Counter(
        label: "idempotency_requests_total",
        dimensions: [("status", status.rawValue), ("policy", policy ?? "-")])
      counters[label] = counter
      return counter
    }.increment()
  }
}

import Idempotency

/// Counts answers by policy and by what `Idempotency-Status` says on them (rule E21).
///
/// It belongs to one set of policies and is replaced with it, so that a policy's index always means the same policy: a
/// request that began under the former set is counted there. The counters themselves are the registry's, and those of
/// policies that stay go on.
struct StatusTable: Sendable {
  /// What `policy` says where there is none.
  static let noPolicy = "-"

  private static let width = IdempotencyStatus.allCases.count

  // One row of all statuses for each policy, and a last one for no policy.
  private let counters: [CounterSeries]
  private let storedBytes: [CounterSeries]

  /// Makes the table of a set of policies.
  /// - Parameters:
  ///   - policies: The policies' names, in the set's order.
  ///   - metrics: Whose registry the counters stand in.
  init(policies: [String], metrics: WorkerMetrics) {
    let none = IdempotencyStatus.allCases.map { Self.counter($0, Self.noPolicy, metrics.registry) }
    let rows = policies.map { policy in
      IdempotencyStatus.allCases.map { status in
        // No guarded request is ignored.
        status == .ignored ? none[status.ordinal] : Self.counter(status, policy, metrics.registry)
      }
    }
    counters = rows.flatMap { $0 } + none
    storedBytes = policies.map { policy in
      metrics.registry.counter(
        "idempotency_store_bytes_total",
        help: "Bytes of records that the store took at the end of requests, with their names: who fills it.",
        labels: [("policy", policy)])
    }
  }

  /// Counts an answer.
  ///
  /// - Parameters:
  ///   - status: What it says.
  ///   - policy: The policy's index in the set; nil where no policy matched.
  func count(_ status: IdempotencyStatus, policy: Int?) {
    let row = policy.map { $0 * Self.width } ?? counters.count - Self.width
    counters[row + status.ordinal].increment()
  }

  /// Counts what the store has taken at the end of a request.
  ///
  /// - Parameters:
  ///   - bytes: The record's length and its name's.
  ///   - policy: The policy's index in the set.
  func stored(_ bytes: Int, policy: Int) { storedBytes[policy].increment(by: Int64(bytes)) }

  private static func counter(
    _ status: IdempotencyStatus, _ policy: String, _ registry: PrometheusRegistry
  ) -> CounterSeries {
    registry.counter(
      "idempotency_requests_total", help: "Answers by their Idempotency-Status.",
      labels: [("status", status.rawValue), ("policy", policy)])
  }
}

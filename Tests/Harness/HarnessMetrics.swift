import Metrics
import MetricsTestKit

/// The metrics of everything in this process; a test tells its own by the name of its policy.
enum HarnessMetrics {
  static let shared: TestMetrics = {
    let metrics = TestMetrics()
    MetricsSystem.bootstrap(metrics)
    return metrics
  }()

  /// The counter `idempotency_requests_total` of a policy, by status; of requests that no policy matched, for nil.
  static func requests(policy: String?) -> [String: Int64] {
    var counts: [String: Int64] = [:]
    for counter in shared.counters where counter.label == "idempotency_requests_total" {
      let dimensions = Dictionary(counter.dimensions, uniquingKeysWith: { first, _ in first })
      guard dimensions["policy"] == policy ?? "-", let status = dimensions["status"] else { continue }
      counts[status, default: 0] += counter.totalValue
    }
    return counts
  }
}

extension Cluster {
  /// The counter `idempotency_requests_total` of a policy by status, over all nodes; of requests that no policy matched,
  /// for nil.
  func requests(policy: String?) async throws -> [String: Int64] {
    var counts: [String: Int64] = [:]
    for node in nodes {
      guard let own = try await node.requests(policy: policy) else { return HarnessMetrics.requests(policy: policy) }
      counts.merge(own) { $0 + $1 }
    }
    return counts
  }
}

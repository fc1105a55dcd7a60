/// What a worker says of itself at `/metrics`.
struct MetricsPage: Sendable {
  private let text: String

  /// Asks a worker's admin listener.
  init(adminPort: Int) async throws {
    text = try await Call("GET", "/metrics", caller: nil).send(to: "http://127.0.0.1:\(adminPort)").text
  }

  /// The series of a metric, by their labels as they stand there.
  func series(_ name: String) -> [String: Int64] {
    var series: [String: Int64] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("\(name){") || line.hasPrefix("\(name) ") {
      guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else { continue }
      series[String(line[..<space].dropFirst(name.count))] = Int64(value)
    }
    return series
  }

  /// How many answers of a policy had each status, those of which there were none included; of no policy for nil.
  func requests(policy: String?) -> [String: Int64] {
    let label = "policy=\"\(policy ?? "-")\""
    return series("idempotency_requests_total").reduce(into: [:]) { counts, series in
      guard series.key.contains(label), let status = series.key.firstMatch(of: /status="([a-z-]+)"/)?.1 else { return }
      counts[String(status)] = series.value
    }
  }
}

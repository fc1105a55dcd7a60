/// A server that is asked for replays at a fixed rate: medians over the rounds.
struct FixedRateRow: Codable, Sendable {
  let server: String
  let requestsPerSecond: Double
  let p50Microseconds, p99Microseconds: Double
  /// What is more than the bare origin's at the same rate, in the same round; 0 for the origin itself.
  let addedP99Microseconds: Double
  let cpuMicrosecondsPerRequest: Double

  init(_ server: String, rate: Double, _ samples: [WorkerSample], origin: [WorkerSample]) {
    self.server = server
    requestsPerSecond = rate
    p50Microseconds = Figures.median(samples.map(\.p50))
    p99Microseconds = Figures.median(samples.map(\.p99))
    addedP99Microseconds = Figures.median(zip(samples, origin).map { $0.p99 - $1.p99 })
    cpuMicrosecondsPerRequest = Figures.median(samples.map(\.cpu))
  }

  static func table(_ rows: [FixedRateRow]) -> Table {
    var table = Table("replays at a fixed rate", "requests/s", "p50 µs", "p99 µs", "added p99 µs", "CPU µs")
    for row in rows {
      table.add(
        row.server, row.requestsPerSecond.text(), row.p50Microseconds.text(), row.p99Microseconds.text(),
        row.addedP99Microseconds.text(), row.cpuMicrosecondsPerRequest.text(1))
    }
    return table
  }
}

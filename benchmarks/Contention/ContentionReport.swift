/// What a contention run found.
struct ContentionReport: BenchmarkReport, Codable {
  let method: String
  let machine: Machine
  let settings: ContentionSettings
  let rows: [ContentionRow]
  /// Effects for each key over all turns: anything but 1 is a failure.
  let effectsPerKey: Double

  init(_ settings: ContentionSettings, _ rows: [ContentionRow]) {
    method =
      "worker processes, a private redis-server and an origin that counts effects per key, on loopback; HTTP/1.1 "
      + "connections spread over the workers. Closed loop: a connection asks again when it is answered. Open loop: "
      + "requests are due at a fixed rate, and latency counts from when they were due (no coordinated omission). "
      + "Library: nodes with a store and a service each, in one process. CPU as the kernel counts it, per request."
    machine = .current
    self.settings = settings
    self.rows = rows
    let keys = rows.reduce(0) { $0 + $1.keys }
    effectsPerKey = keys > 0 ? Double(rows.reduce(0) { $0 + $1.effects }) / Double(keys) : 0
  }

  var isExact: Bool { !rows.isEmpty && rows.allSatisfy(\.isExact) }

  var tables: [Table] {
    var table = Table(
      "surface, mix, loop", "requests/s", "executed", "replayed", "in progress", "other", "p50 µs", "p99 µs",
      "p99.9 µs", "p99.99 µs", "worker CPU µs", "Redis CPU µs", "effects/key")
    for row in rows {
      let named = [Outcome.executed, .replayed, .inProgress].map { row.outcomes[$0] ?? 0 }
      let other = row.outcomes.values.reduce(0, +) - named.reduce(0, +)
      let latency = row.latencyMicroseconds
      var cells = ["\(row.surface), \(row.mix), \(row.loop)", row.requestsPerSecond.text()]
      for count in named + [other] { cells.append(String(count)) }
      for value in [latency.p50, latency.p99, latency.p999, latency.p9999] { cells.append(value.text()) }
      cells.append(row.cpuMicrosecondsPerRequest.workers.text(1))
      cells.append(row.cpuMicrosecondsPerRequest.redis.text(1))
      cells.append(row.effectsPerKey.text(row.effectsPerKey == 1 ? 0 : 6))
      table.add(cells)
    }
    return [table]
  }
}

/// What `benchmarks worker` found.
struct WorkerReport: BenchmarkReport, Codable {
  let method: String
  let machine: Machine
  let connections: Int
  let rounds: Int
  let secondsPerTurn: Double
  let rows: [WorkerRow]
  let fixedRates: [FixedRateRow]
  let targets: [Target]

  init(
    connections: Int, rounds: Int, seconds: Double, _ rows: [WorkerRow], _ fixedRates: [FixedRateRow],
    _ targets: [Target]
  ) {
    method =
      "one load generator on one thread, \(connections) connections, each asks again when it is answered; every server "
      + "on loopback with as many event loops or processes as cores, one redis-server over its Unix socket, one origin. "
      + "All servers are up; in each of \(rounds) rounds each takes a turn of \(seconds.text(1)) s in each mode, after a "
      + "quarter of that to warm up; medians over the rounds, ratios of the same round. A turn counts only if every "
      + "answer says what the mode expects. At a fixed rate, a half and an eighth of what the worker reaches in replays, "
      + "latency counts from when a request was due (coordinated omission); the generator looks for what is due four "
      + "times a millisecond, and shares the cores with everyone: answers wait for a processor, most of all at a half."
    machine = .current
    self.connections = connections
    self.rounds = rounds
    secondsPerTurn = seconds
    self.rows = rows
    self.fixedRates = fixedRates
    self.targets = targets
  }

  var tables: [Table] { fixedRates.isEmpty ? [comparison] : [comparison, FixedRateRow.table(fixedRates)] }

  private var comparison: Table {
    var table = Table("mode", "server", "requests/s", "p50 µs", "p99 µs", "CPU µs", "Redis CPU µs", "worker ÷ it")
    for row in rows {
      table.add(
        row.mode.rawValue, row.server, row.requestsPerSecond.text(), row.p50Microseconds.text(),
        row.p99Microseconds.text(), row.cpuMicrosecondsPerRequest.text(1), row.redisCpuMicrosecondsPerRequest.text(1),
        row.server == "worker" ? "" : row.workerRatio.text(2))
    }
    return table
  }
}

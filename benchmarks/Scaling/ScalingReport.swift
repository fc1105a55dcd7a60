/// What `benchmarks scaling` found.
struct ScalingReport: BenchmarkReport, Codable {
  let method: String
  let machine: Machine
  let rows: [ScalingRow]

  init(_ rows: [ScalingRow], seconds: Double) {
    method =
      "one dimension grows, everything else stays: one worker, 64 connections (closed loop), an answer of "
      + "\(Origin.bodyBytes) bytes, an empty Redis. Workers, load, origin and Redis share the machine's cores: more "
      + "workers than cores cannot be faster here. Turns of \(seconds.text(1)) s after a quarter of that to warm up; the "
      + "origin is the benchmarks' own."
    machine = .current
    self.rows = rows
  }

  var tables: [Table] {
    var table = Table(
      "what", "mode", "requests/s", "refused/s", "p50 µs", "p99 µs", "worker CPU µs", "worker peak MiB",
      "Redis B/record")
    for row in rows {
      table.add(
        "\(row.step) \(row.dimension == .body ? "bytes of body" : row.dimension.rawValue)",
        row.mode.rawValue, row.requestsPerSecond.text(), row.refusedPerSecond.text(), row.p50Microseconds.text(),
        row.p99Microseconds.text(),
        row.cpuMicrosecondsPerRequest.text(1), row.peakMemoryMiB.text(), row.redisBytesPerRecord.text())
    }
    return [table]
  }
}

import Histogram
import Foundation
import IdempotencyTesting

/// The client beside `redis-benchmark` at several depths: medians over rounds in which they took turns.
struct ClientReport: BenchmarkReport, Codable {
  struct Row: Codable {
    let subject: String
    let depth: Int
    let operationsPerSecond: Double
    let cpuMicrosecondsPerOperation: Double
    /// Latency percentiles in microseconds.
    let p50, p99, p999, p9999: Double
    /// `redis-benchmark` pipelined over one connection at the same depth.
    let redisBenchmarkPipelined: Double
    /// `redis-benchmark` with as many connections, one command each.
    let redisBenchmarkUnpipelined: Double?
    /// Medians of the ratios of each round.
    let ratioToPipelined: Double
    let ratioToUnpipelined: Double?
  }

  let method: String
  let rounds: Int
  let operations: Int
  let rows: [Row]

  static func measure(
    _ subjects: Subjects, server: RedisServer, depths: [Int], operations: Int, rounds: Int
  ) async throws -> ClientReport {
    _ = try await subjects.client.run(operations: 20_000, depth: 50)  // Script loaded, code paged in.
    // redis-benchmark knows no NOSCRIPT: the script is in the server's cache before it begins.
    var rows: [Row] = []
    for depth in depths {
      let count = depth < 10 ? max(operations / 10, 1_000) : operations
      var rounds_ = [Round]()
      for round in 1...rounds {
        Progress.note("depth \(depth), round \(round) of \(rounds)")
        let pipelined = try await subjects.peer.measure(operations: count, depth: depth, pipelined: true)
        let client = try await subjects.client.measure(operations: count, depth: depth)
        let async = try await subjects.async.measure(operations: count, depth: depth)
        // Thousands of connections are another measurement; the target is about its usual 50.
        let unpipelined =
          depth <= 50 ? try await subjects.peer.measure(operations: count, depth: depth, pipelined: false) : nil
        rounds_.append(Round(client: client, async: async, pipelined: pipelined, unpipelined: unpipelined))
      }
      rows.append(Round.row(subjects.client.name, depth, rounds_, \.client))
      rows.append(Round.row(subjects.async.name, depth, rounds_, \.async))
    }
    return ClientReport(
      method: "private redis-server on loopback TCP; each command of a cycle (SET NX GET PX, EVALSHA complete) counts "
        + "as one operation; client and redis-benchmark take turns in every round; medians over the rounds; "
        + "redis-benchmark sends all reservations, then as many completions of reserved keys, and the sum of both times counts",
      rounds: rounds, operations: operations, rows: rows)
  }

  var tables: [Table] {
    var table = Table(
      "subject", "depth", "ops/s", "CPU µs/op", "p50 µs", "p99 µs", "p99.9 µs", "÷ pipelined", "÷ unpipelined")
    for row in rows {
      table.add(
        row.subject, String(row.depth), row.operationsPerSecond.text(), row.cpuMicrosecondsPerOperation.text(2),
        row.p50.text(), row.p99.text(), row.p999.text(), row.ratioToPipelined.text(2), row.ratioToUnpipelined.text(2))
    }
    return [table]
  }

  /// The client's worst figures at 256 commands in flight and more; none where no such depth was measured.
  var targets: [Target] {
    let rows = rows.filter { $0.subject == ClientSubject.name && $0.depth >= 256 }
    guard let ratio = rows.map(\.ratioToPipelined).min(), let cpu = rows.map(\.cpuMicrosecondsPerOperation).max() else {
      return []
    }
    return [
      .ratio("Redis operations ÷ redis-benchmark, depth ≥ 256", ratio, atLeast: 0.8, aim: 0.95),
      .cost("client's CPU per Redis operation", cpu, "µs", atMost: 4, aim: 2.5),
    ]
  }
}

/// One turn of each.
private struct Round {
  let client, async, pipelined: Sample
  let unpipelined: Sample?

  static func row(_ name: String, _ depth: Int, _ rounds: [Round], _ subject: KeyPath<Round, Sample>)
    -> ClientReport.Row
  {
    var latency = rounds[0][keyPath: subject].latency
    for round in rounds.dropFirst() { if let other = round[keyPath: subject].latency { latency?.add(other) } }
    func microseconds(_ percentile: Double) -> Double { Double(latency?.valueAtPercentile(percentile) ?? 0) / 1_000 }
    let unpipelined = rounds.compactMap(\.unpipelined?.operationsPerSecond)
    return ClientReport.Row(
      subject: name, depth: depth,
      operationsPerSecond: Figures.median(rounds.map { $0[keyPath: subject].operationsPerSecond }),
      cpuMicrosecondsPerOperation: Figures.median(rounds.compactMap { $0[keyPath: subject].cpuMicroseconds }),
      p50: microseconds(50), p99: microseconds(99), p999: microseconds(99.9), p9999: microseconds(99.99),
      redisBenchmarkPipelined: Figures.median(rounds.map(\.pipelined.operationsPerSecond)),
      redisBenchmarkUnpipelined: unpipelined.isEmpty ? nil : Figures.median(unpipelined),
      ratioToPipelined: Figures.median(
        rounds.map { $0[keyPath: subject].operationsPerSecond / $0.pipelined.operationsPerSecond }),
      ratioToUnpipelined: unpipelined.isEmpty
        ? nil
        : Figures.median(
          rounds.compactMap { round in
            round.unpipelined.map { round[keyPath: subject].operationsPerSecond / $0.operationsPerSecond }
          }))
  }
}

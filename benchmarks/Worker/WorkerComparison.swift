import IdempotencyTesting

/// Every server in every mode, in turn, round after round.
struct WorkerComparison {
  let rows: [WorkerRow]

  static func measure(
    _ bench: WorkerBench, _ modes: [WorkerMode], rounds: Int, seconds: Double
  ) async throws -> WorkerComparison {
    var rows: [WorkerRow] = []
    var done = 0
    let turns = modes.reduce(0) { sum, mode in sum + bench.all.count { $0.modes.contains(mode) } } * rounds
    for mode in modes {
      let servers = bench.all.filter { $0.modes.contains(mode) }
      var samples = [[WorkerSample]](repeating: [], count: servers.count)
      for round in 1...rounds {
        for (index, server) in servers.enumerated() {
          Progress.step(done, of: turns, "\(mode.rawValue), round \(round), \(server.name)")
          samples[index].append(try await bench.turn(server, mode, seconds: seconds))
          done += 1
          // Millions of records would slow down whoever comes next.
          try await bench.redis.removeAll()
        }
      }
      guard let worker = servers.firstIndex(where: { $0.name == bench.worker.name }) else { continue }
      for (server, own) in zip(servers, samples) {
        rows.append(WorkerRow(mode, server, own, worker: samples[worker]))
      }
    }
    Progress.end()
    return WorkerComparison(rows: rows)
  }

  /// The worker's rate by a peer's in a mode; nil where that was not measured.
  func ratio(_ mode: WorkerMode, to server: String) -> Double? {
    rows.first { $0.mode == mode && $0.server == server }?.workerRatio
  }

  /// A server's rate in a mode; nil where that was not measured.
  func rate(_ mode: WorkerMode, of server: String) -> Double? {
    rows.first { $0.mode == mode && $0.server == server }?.requestsPerSecond
  }
}

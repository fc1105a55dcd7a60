extension WorkerBench {
  /// Asks for replays at shares of the rate that the worker reaches; the bare origin and the peers get the same.
  ///
  /// - Parameters:
  ///   - shares: Of the worker's rate; the first is the one that is promised for.
  ///   - comparison: What every server reaches; one that would be hardly able to follow is left out.
  ///   - rounds: How many.
  ///   - seconds: How long a turn takes.
  /// - Returns: The origin, the worker and the peers at each share; none where replays were not compared.
  /// - Throws: ``BenchmarkError`` where an answer is another than a replay.
  func fixedRates(
    _ shares: [Double], of comparison: WorkerComparison, rounds: Int, seconds: Double
  ) async throws -> [FixedRateRow] {
    guard let most = comparison.rate(.replayed, of: worker.name) else { return [] }
    var rows: [FixedRateRow] = []
    for share in shares {
      let rate = most * share
      let servers = [worker] + peers.filter { (comparison.rate(.replayed, of: $0.name) ?? 0) > 1.25 * rate }
      var bare: [WorkerSample] = []
      var samples = [[WorkerSample]](repeating: [], count: servers.count)
      for round in 0..<rounds {
        Progress.step(round, of: rounds, "replays, \(rate.text()) per second")
        bare.append(try await turn(origin, .unguarded, seconds: seconds, rate: rate))
        for (index, server) in servers.enumerated() {
          samples[index].append(try await turn(server, .replayed, seconds: seconds, rate: rate))
        }
      }
      rows.append(FixedRateRow(origin.name, rate: rate, bare, origin: bare))
      for (server, own) in zip(servers, samples) {
        rows.append(FixedRateRow(server.name, rate: rate, own, origin: bare))
      }
    }
    Progress.end()
    return rows
  }
}

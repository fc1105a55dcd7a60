import IdempotencyTesting

extension WorkerBench {
  /// Runs one turn of one server in one mode.
  ///
  /// - Parameters:
  ///   - peer: The server.
  ///   - mode: What it is asked.
  ///   - seconds: How long it is asked, after a warm-up of a quarter of that; nil for a number of requests.
  ///   - requests: How many at most.
  ///   - rate: Requests per second; nil for as many as it answers.
  /// - Returns: What was found.
  /// - Throws: ``BenchmarkError`` where an answer says another thing than the mode's: the figures would be of nothing.
  func turn(
    _ peer: Peer, _ mode: WorkerMode, seconds: Double? = nil, requests: Int = .max, rate: Double? = nil
  ) async throws -> WorkerSample {
    let run = UInt32.random(in: .min ... .max)
    let held = try await prepare(peer, mode, run: run)
    var plan = LoadPlan(ports: [peer.port], connections: seconds == nil ? 8 : connections, rate: rate)
    if let seconds {
      try check(try await generator.warmUp(plan, mode, run: run, seconds: seconds), peer, mode)
      plan.duration = .seconds(seconds)
    }
    let before = cpu(peer)
    let result = try await generator.run(plan) { WorkerTraffic(mode, run: run, limit: requests) }
    let after = cpu(peer)
    try check(result, peer, mode)
    if let held {
      held.close()
      try await self.held.release()
    }
    return WorkerSample(
      requestsPerSecond: result.perSecond, p50: result.latency.microseconds(50), p99: result.latency.microseconds(99),
      cpu: (after.server - before.server) / Double(result.answers),
      redisCPU: (after.redis - before.redis) / Double(result.answers))
  }

  private func cpu(_ peer: Peer) -> (server: Double, redis: Double) {
    (
      ProcessUsage.cpuMicroseconds(of: [peer.program.processID]), ProcessUsage.cpuMicroseconds(of: [redis.processID])
    )
  }

  /// Has keys completed, or in progress, where a mode needs them so.
  private func prepare(_ peer: Peer, _ mode: WorkerMode, run: UInt32) async throws -> HeldRequests? {
    switch mode {
    case .unguarded, .executed:
      return nil
    case .replayed, .mismatch:
      try check(try await generator.execute(run: run, port: peer.port), peer, .executed)
      return nil
    case .inProgress:
      _ = try await held.takeSummary()
      let requests = try await HeldRequests.send(to: peer.port, run: run)
      // Until each is reserved, asking for it would take its place.
      var seen = 0
      for _ in 0..<2_000 where seen < WorkerTraffic.keys {
        seen += try await held.takeSummary().effects
        try await Task.sleep(for: .milliseconds(5))
      }
      guard seen == WorkerTraffic.keys else {
        throw BenchmarkError("\(peer.name): \(seen) of \(WorkerTraffic.keys) requests to hold came to the origin")
      }
      return requests
    }
  }

  private func check(_ result: LoadResult, _ peer: Peer, _ mode: WorkerMode) throws {
    guard result.answers > 0, result.outcomes[peer.expected(mode)] == result.answers else {
      let found = result.outcomes.map { "\($0.key.rawValue) \($0.value)" }.sorted().joined(separator: ", ")
      throw BenchmarkError(
        "\(peer.name), \(mode.rawValue): every answer should be \(peer.expected(mode).rawValue), and they were "
          + (found.isEmpty ? "none" : found) + (result.firstFailure.map { "; \($0)" } ?? ""))
    }
  }
}

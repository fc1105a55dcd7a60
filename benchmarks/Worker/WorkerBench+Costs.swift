import IdempotencyTesting

extension WorkerBench {
  /// The most resident memory that a new worker ever had with so many busy connections, in bytes; 0 where nobody says.
  func residentBytes(connections: Int, seconds: Double) async throws -> Int {
    let settings = WorkerSettings(originPort: origin.port, redis: "unix:\(redis.unixSocketPath)")
    let process = try await Worker.start(workerPath, settings, directory: directory, name: "worker-connections")
    let run = UInt32.random(in: .min ... .max)
    for mode in [WorkerMode.executed, .replayed] {
      let plan = LoadPlan(ports: [process.port], connections: connections, duration: .seconds(seconds))
      _ = try await generator.run(plan) { WorkerTraffic(mode, run: run) }
    }
    let peak = ProcessUsage.peakResidentBytes(of: process.program.processID)
    await process.program.stop()
    return peak
  }

  /// What Redis holds for each record beyond its body, in bytes; keys are 91 bytes long.
  func recordBytes(records: Int) async throws -> Double {
    try await redis.removeAll()
    let before = try await redis.usedMemory()
    let run = UInt32.random(in: .min ... .max)
    let result = try await generator.run(LoadPlan(ports: [worker.port], connections: connections)) {
      WorkerTraffic(.executed, run: run, limit: records)
    }
    guard result.outcomes[.executed] == records else { throw BenchmarkError("not every request was executed") }
    let used = try await redis.usedMemory() - before
    try await redis.removeAll()
    return Double(used) / Double(records) - Double(Origin.bodyBytes)
  }
}

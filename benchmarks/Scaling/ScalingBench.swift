import Foundation
import IdempotencyTesting

/// Workers before one origin and one Redis, as many as a step needs.
struct ScalingBench {
  let redis: RedisServer
  let generator = LoadGenerator()
  let workerPath: String
  let directory: URL
  let seconds: Double

  /// Measures one step in both modes that touch Redis.
  func measure(_ dimension: ScalingDimension, _ step: Int) async throws -> [ScalingRow] {
    let origin = try await Origin.start(bytes: dimension == .body ? step : Origin.bodyBytes)
    let settings = WorkerSettings(originPort: origin.port, redis: "unix:\(redis.unixSocketPath)")
    var workers: [Worker] = []
    for number in 1...(dimension == .workers ? step : 1) {
      workers.append(
        try await Worker.start(workerPath, settings, directory: directory, name: "\(dimension)-\(step)-\(number)"))
    }
    let connections = dimension == .connections ? step : 64
    let recordBytes = dimension == .records ? try await fill(step, worker: workers[0]) : nil
    var rows: [ScalingRow] = []
    for mode in [WorkerMode.executed, .replayed] {
      let (result, cpu) = try await turn(mode, workers, connections: connections)
      let refused = result.outcomes[.failed] ?? 0
      let peak = workers.map { ProcessUsage.peakResidentBytes(of: $0.program.processID) }.max() ?? 0
      rows.append(
        ScalingRow(
          dimension: dimension, step: step, mode: mode,
          requestsPerSecond: Double(result.answers - refused) / result.seconds,
          refusedPerSecond: Double(refused) / result.seconds,
          p50Microseconds: result.latency.microseconds(50), p99Microseconds: result.latency.microseconds(99),
          cpuMicrosecondsPerRequest: cpu, peakMemoryMiB: Double(peak) / Double(1 << 20),
          redisBytesPerRecord: recordBytes))
    }
    for worker in workers { await worker.program.stop() }
    await origin.program.stop()
    try await redis.removeAll()
    return rows
  }

  private func turn(
    _ mode: WorkerMode, _ workers: [Worker], connections: Int
  ) async throws -> (LoadResult, cpu: Double) {
    let run = UInt32.random(in: .min ... .max)
    var plan = LoadPlan(ports: workers.map(\.port), connections: connections)
    if mode == .replayed { _ = try await generator.execute(run: run, port: workers[0].port) }
    _ = try await generator.warmUp(plan, mode, run: run, seconds: seconds)
    plan.duration = .seconds(seconds)
    let processes = workers.map(\.program.processID)
    let before = ProcessUsage.cpuMicroseconds(of: processes)
    let result = try await generator.run(plan) { WorkerTraffic(mode, run: run) }
    let used = ProcessUsage.cpuMicroseconds(of: processes) - before
    // A worker that is asked for too much at once refuses with 503 (`failed`), which a step says of itself.
    let expected: Outcome = mode == .executed ? .executed : .replayed
    let served = result.outcomes[expected] ?? 0
    guard served > 0, served + (result.outcomes[.failed] ?? 0) == result.answers else {
      throw BenchmarkError("\(mode.rawValue): \(result.outcomes); \(result.firstFailure ?? "")")
    }
    return (result, used / Double(result.answers))
  }
}

/// What the project promises of the worker, as far as it can be measured with the servers that are there.
enum WorkerTargets {
  static func measure(
    _ bench: WorkerBench, _ comparison: WorkerComparison, _ fixedRates: [FixedRateRow], seconds: Double
  ) async throws -> [Target] {
    var targets: [Target] = []
    if let ratio = comparison.ratio(.executed, to: "nginx + Lua") {
      targets.append(.ratio("executed ÷ nginx + Lua", ratio, atLeast: 1.5, aim: 2.2))
    }
    if let ratio = comparison.ratio(.replayed, to: "nginx + Lua") {
      targets.append(.ratio("replayed ÷ nginx + Lua", ratio, atLeast: 1.2, aim: 1.8))
    }
    if let ratio = comparison.ratio(.unguarded, to: "nginx proxy_pass") {
      targets.append(.ratio("unguarded ÷ nginx proxy_pass", ratio, atLeast: 0.6, aim: 0.95))
    }
    if let half = fixedRates.first(where: { $0.server == bench.worker.name }) {
      let added = half.addedP99Microseconds / 1_000
      targets.append(.cost("added p99 of a replay, half load", added, "ms", atMost: 1, aim: 0.3))
    }
    Progress.note("memory of a worker with 1,000 connections, and of records in Redis")
    let resident = Double(try await bench.residentBytes(connections: 1_000, seconds: seconds)) / Double(1 << 20)
    if resident > 0 {
      targets.append(.cost("worker's peak memory, 1,000 connections", resident, "MiB", atMost: 100, aim: 50))
    }
    let record = try await bench.recordBytes(records: 20_000)
    targets.append(.cost("Redis memory per record beyond the body", record, "B", atMost: 520, aim: 450))
    return targets
  }
}

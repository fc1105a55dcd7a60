/// The parts that turns of `worker` and `scaling` have in common.
extension LoadGenerator {
  /// Has the keys executed that a turn replays.
  func execute(run: UInt32, port: Int) async throws -> LoadResult {
    try await self.run(LoadPlan(ports: [port], connections: 8)) {
      WorkerTraffic(.executed, run: run, limit: WorkerTraffic.keys)
    }
  }

  /// Asks for a quarter of a turn, not to be counted; what is executed has other keys than the turn's.
  func warmUp(_ plan: LoadPlan, _ mode: WorkerMode, run: UInt32, seconds: Double) async throws -> LoadResult {
    var plan = plan
    plan.duration = .seconds(seconds / 4)
    return try await self.run(plan) { WorkerTraffic(mode, run: mode == .executed ? ~run : run) }
  }
}

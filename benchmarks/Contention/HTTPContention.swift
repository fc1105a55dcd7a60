import Foundation
import IdempotencyTesting

/// Contention over HTTP: worker processes before an origin that counts.
struct HTTPContention {
  let redis: RedisServer
  let origin: Origin
  let workers: [Worker]
  let generator: LoadGenerator
  let settings: ContentionSettings

  static func start(
    _ settings: ContentionSettings, worker path: String, directory: URL, redis: RedisServer
  ) async throws -> HTTPContention {
    let origin = try await Origin.start(milliseconds: settings.operationMilliseconds)
    let file = WorkerSettings(originPort: origin.port, redis: "redis://127.0.0.1:\(redis.port)")
    var workers: [Worker] = []
    for number in 1...settings.workers {
      workers.append(try await Worker.start(path, file, directory: directory, name: "worker-\(number)"))
    }
    return HTTPContention(
      redis: redis, origin: origin, workers: workers, generator: LoadGenerator(), settings: settings)
  }

  /// Runs one turn.
  ///
  /// - Parameters:
  ///   - mix: Which keys meet how often.
  ///   - rate: Requests per second; nil for as many as are answered.
  /// - Returns: What was found, right or wrong.
  /// - Throws: ``BenchmarkError`` where a worker takes no connection.
  func run(_ mix: ContentionMix, rate: Double? = nil) async throws -> ContentionRow {
    let order = settings.order(mix)
    let request = TransferRequest(keys: .random(in: .min ... .max))
    let plan = LoadPlan(ports: workers.map(\.port), connections: settings.connections, rate: rate)
    let before = cpu
    let result = try await generator.run(plan) { ContentionTraffic(request, order: order) }
    let after = cpu
    let used = ContentionRow.CPU(
      workers: (after.workers - before.workers) / Double(order.count),
      redis: (after.redis - before.redis) / Double(order.count))
    let ledger = try await origin.takeSummary()
    return ContentionRow(
      .http, mix, offered: rate, order: order, result, cpu: used, effects: ledger.effects, most: ledger.most)
  }

  private var cpu: ContentionRow.CPU {
    ContentionRow.CPU(
      workers: ProcessUsage.cpuMicroseconds(of: workers.map(\.program.processID)),
      redis: ProcessUsage.cpuMicroseconds(of: [redis.processID]))
  }

  func stop() async throws {
    for worker in workers { await worker.program.stop() }
    await origin.program.stop()
    try await generator.shutDown()
  }
}

import HiredisNIO
import IdempotencyTesting
import NIOCore

extension ScalingBench {
  /// Redis does nothing else meanwhile: a batch takes a tenth of a second.
  private static let batch = 50_000

  /// Copies a real record under so many other keys of the same length.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - worker: Who makes the one.
  /// - Returns: What Redis holds for each, in bytes, with its key and body.
  /// - Throws: ``BenchmarkError`` where Redis does not say what it holds.
  func fill(_ count: Int, worker: Worker) async throws -> Double {
    let run = UInt32.random(in: .min ... .max)
    _ = try await generator.run(LoadPlan(ports: [worker.port], connections: 1)) {
      WorkerTraffic(.executed, run: run, limit: 1)
    }
    let before = try await redis.usedMemory()
    // The key's last twelve digits are the number.
    let keys = try await redis.command("KEYS", "*-0000-4000-8000-000000000000")
    guard case .array(let found) = keys, let key = found.first?.string else {
      throw BenchmarkError("the worker made no record")
    }
    let script = """
      local record = redis.call('GET', KEYS[1])
      for i = ARGV[1], ARGV[2] do
        redis.call('SET', string.sub(KEYS[1], 1, -13) .. string.format('%012x', i), record, 'PX', 86400000)
      end
      """
    for start in stride(from: 1, through: count, by: Self.batch) {
      let end = min(start + Self.batch - 1, count)
      try await redis.command("EVAL", script, "1", key, String(start), String(end), timeout: .minutes(1))
    }
    return Double(try await redis.usedMemory() - before) / Double(count)
  }
}

import HiredisNIO
import IdempotencyTesting
import NIOCore

extension RedisServer {
  /// Removes all keys, and returns when their memory is free: nothing goes on beside the next turn.
  func removeAll() async throws {
    // Ten million records take some seconds.
    try await command("FLUSHALL", "SYNC", timeout: .minutes(2))
  }

  /// What Redis holds, in bytes.
  func usedMemory() async throws -> Int {
    let text = try await command("INFO", "memory").string ?? ""
    guard let line = text.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("used_memory:") }),
      let bytes = Int(line.dropFirst("used_memory:".count))
    else { throw BenchmarkError("Redis does not say what it holds") }
    return bytes
  }
}

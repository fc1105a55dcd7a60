import HiredisNIO
import IdempotencyTesting

extension RedisServer {
  /// What Redis holds, in bytes.
  func usedMemory() async throws -> Int {
    let text = try await command("INFO", "memory").string ?? ""
    guard let line = text.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("used_memory:") }),
      let bytes = Int(line.dropFirst("used_memory:".count))
    else { throw BenchmarkError("Redis does not say what it holds") }
    return bytes
  }
}

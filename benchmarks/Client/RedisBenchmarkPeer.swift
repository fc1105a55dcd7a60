import Foundation
import IdempotencyRedis
import IdempotencyTesting

/// `redis-benchmark` with the same two commands, one after the other, for as many commands in all.
struct RedisBenchmarkPeer: Sendable {
  /// Reserved keys for each completion.
  ///
  /// redis-benchmark draws at random, and of four times as many it draws one in eight a second time. Such a completion
  /// finds the key completed, which costs the server less.
  private static let spread = 4

  let server: RedisServer
  let commands: CycleCommands

  enum Failure: Error, CustomStringConvertible {
    case notInstalled
    case failed(String)

    var description: String {
      switch self {
      case .notInstalled: "redis-benchmark is not on PATH; it comes with the package redis-tools (or redis)"
      case .failed(let output): "redis-benchmark gave no figure: \(output)"
      }
    }
  }

  /// Measures both commands, one after the other.
  ///
  /// - Parameters:
  ///   - operations: How many commands in all.
  ///   - depth: How many are in flight.
  ///   - pipelined: One connection with `depth` commands on the way, as the client under test has; otherwise `depth`
  ///     connections with one command each.
  /// - Returns: Commands per second over both commands.
  /// - Throws: ``Failure``, or the server's refusal of the keys that the completions need.
  func measure(operations: Int, depth: Int, pipelined: Bool) async throws -> Sample {
    let half = max(operations / 2, depth)
    // Reservations of keys that are hardly ever drawn twice, then completions of keys that are reserved.
    let reserve = try rate(half, depth, pipelined, 100_000_000, commands.reserveArguments)
    try await plant(Self.spread * half)
    let complete = try rate(
      half, depth, pipelined, Self.spread * half, commands.completeArguments(StoreScripts.complete))
    try await server.removeAll()
    return Sample(operationsPerSecond: 2 / (1 / reserve + 1 / complete))
  }

  /// Reserves the keys that redis-benchmark will draw from.
  private func plant(_ count: Int) async throws {
    let script = """
      for i = ARGV[1], ARGV[2] do
        redis.call('SET', ARGV[3] .. string.format('%012d', i), ARGV[4], 'PX', 600000)
      end
      """
    for start in stride(from: 0, to: count, by: 20_000) {
      try await server.command(
        "EVAL", script, "0", String(start), String(min(start + 20_000, count) - 1), CycleCommands.keyPrefix,
        commands.reservation)
    }
  }

  private func rate(_ operations: Int, _ depth: Int, _ pipelined: Bool, _ keys: Int, _ command: [String]) throws
    -> Double
  {
    let output = try CommandOutput(
      of: ["redis-benchmark", "-h", "127.0.0.1", "-p", String(server.port), "-n", String(operations), "--csv"]
        + ["-r", String(keys), "-c", pipelined ? "1" : String(depth), "-P", pipelined ? String(depth) : "1"] + command)
    if output.status == 127 { throw Failure.notInstalled }
    // The last line: "name","rps","avg",… The name is the command, which may itself hold quotes and line feeds.
    let figures = output.text.split(separator: "\"").map(String.init)
    guard let rate = figures.suffix(14).lazy.compactMap({ Double($0) }).first, rate > 0 else {
      throw Failure.failed(output.text)
    }
    return rate
  }
}

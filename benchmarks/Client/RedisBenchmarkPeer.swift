import Foundation
import IdempotencyRedis

/// `redis-benchmark` with the same two commands, one after the other, for as many commands in all.
struct RedisBenchmarkPeer: Sendable {
  let port: Int
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

  /// Commands per second over both commands.
  ///
  /// - Parameter pipelined: One connection with `depth` commands on the way, as the client under test has; otherwise
  ///   `depth` connections with one command each.
  func measure(operations: Int, depth: Int, pipelined: Bool) throws -> Sample {
    let half = max(operations / 2, depth)
    let reserve = try rate(half, depth, pipelined, commands.reserveArguments)
    let complete = try rate(half, depth, pipelined, commands.completeArguments(StoreScripts.complete))
    return Sample(operationsPerSecond: 2 / (1 / reserve + 1 / complete))
  }

  private func rate(_ operations: Int, _ depth: Int, _ pipelined: Bool, _ command: [String]) throws -> Double {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["redis-benchmark", "-h", "127.0.0.1", "-p", String(port), "-n", String(operations), "-r", "100000000", "--csv"]
      + ["-c", pipelined ? "1" : String(depth), "-P", pipelined ? String(depth) : "1"] + command
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self)
    if process.terminationStatus == 127 { throw Failure.notInstalled }
    // The last line: "name","rps","avg",… The name is the command, which may itself hold quotes and line feeds.
    let figures = text.split(separator: "\"").map(String.init)
    guard let rate = figures.suffix(14).lazy.compactMap({ Double($0) }).first, rate > 0 else {
      throw Failure.failed(text)
    }
    return rate
  }
}

import ArgumentParser
import Foundation
import IdempotencyTesting

/// Everybody retries at once.
struct ContentionBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contention",
    abstract: "Concurrent duplicates against several workers: rates, latencies, and effects per key, which must be 1.")

  @Option(help: "Worker processes; nodes of the library.")
  var workers = 2

  @Option(help: "Connections over all workers; callers of the library.")
  var connections = 64

  @Option(help: "Keys of a mix.")
  var keys = 20_000

  @Option(help: "Requests for each key, on average.")
  var duplicates = 8

  @Option(help: "How long the operation takes, in milliseconds.")
  var operation = 2

  @Option(help: "Which keys meet how often: burst, hot, zipf; several, separated by commas.")
  var mixes = ContentionMix.allCases.map(\.rawValue).joined(separator: ",")

  @Option(help: "How much of the closed loop's rate the open loop asks for; 0 leaves it out.")
  var openLoop = 0.5

  @Option(help: "What random mixes begin with.")
  var seed: UInt64 = 1

  @Option(help: "Another worker than the one of this package.")
  var worker: String?

  @Flag(help: "A tenth of the keys.")
  var quick = false

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let report = try await measure()
    print(try report.output(json: json))
    guard report.isExact else {
      throw BenchmarkError("a key had no effect or several, or a request got another answer than it should")
    }
  }

  func measure() async throws -> ContentionReport {
    guard let mixes = ContentionMix.list(mixes), workers > 0, connections > 0, keys > 0, duplicates > 0,
      operation >= 0, (0..<1).contains(openLoop)
    else {
      throw ValidationError("mixes are burst, hot and zipf; counts are positive; the open loop asks for less than 1")
    }
    let settings = ContentionSettings(
      workers: workers, connections: connections, keys: quick ? max(1, keys / 10) : keys, duplicates: duplicates,
      operationMilliseconds: operation, openLoopShare: openLoop, seed: seed)
    let path = try WorkerProgram.find(worker)
    return try await Scratch.withDirectory { directory in
      let redis = try await RedisServer.start()
      let rows = try await ContentionTurns(settings: settings, mixes: mixes)
        .run(worker: path, directory: directory, redis: redis)
      await redis.stop()
      return ContentionReport(settings, rows)
    }
  }
}

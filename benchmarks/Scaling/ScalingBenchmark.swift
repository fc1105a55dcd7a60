import ArgumentParser
import Foundation
import IdempotencyTesting

/// How far it goes.
struct ScalingBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling",
    abstract: "More workers, more connections, larger bodies, more records: rates, latency, CPU and memory.")

  @Option(help: "What grows: workers, connections, body, records; several, separated by commas.")
  var dimensions = ScalingDimension.allCases.map(\.rawValue).joined(separator: ",")

  @Option(help: "Seconds of a turn.")
  var seconds = 2.0

  @Option(help: "Another worker than the one of this package.")
  var worker: String?

  @Flag(help: "Fewer steps, turns of half a second.")
  var quick = false

  @Flag(help: "Print JSON.")
  var json = false

  /// A record takes some 600 bytes; half of the memory that is free is Redis' here.
  private static let bytesPerRecord = 600

  func run() async throws {
    let report = try await measure()
    print(try report.output(json: json))
  }

  func measure() async throws -> ScalingReport {
    guard let dimensions = ScalingDimension.list(dimensions), seconds > 0 else {
      throw ValidationError("dimensions are workers, connections, body and records; a turn takes some time")
    }
    let path = try WorkerProgram.find(worker)
    let seconds = quick ? 0.5 : seconds
    OpenFiles.raiseLimit()
    return try await Scratch.withDirectory { directory in
      var options = RedisServer.Options()
      options.listensOnUnixSocket = true
      let redis = try await RedisServer.start(options)
      let bench = ScalingBench(redis: redis, workerPath: path, directory: directory, seconds: seconds)
      var rows: [ScalingRow] = []
      let steps = dimensions.flatMap { dimension in dimension.steps(quick: quick).map { (dimension, $0) } }
      for (number, (dimension, step)) in steps.enumerated() {
        Progress.step(number, of: steps.count, "\(step) \(dimension)")
        if let reason = Self.obstacle(dimension, step) {
          Progress.note("\(step) \(dimension) are left out: \(reason)")
          continue
        }
        rows += try await bench.measure(dimension, step)
      }
      Progress.end()
      await redis.stop()
      try await bench.generator.shutDown()
      return ScalingReport(rows, seconds: seconds)
    }
  }

  /// Why a step cannot be measured on this machine.
  private static func obstacle(_ dimension: ScalingDimension, _ step: Int) -> String? {
    switch dimension {
    case .records:
      let free = Machine.availableBytes
      return step * bytesPerRecord > free / 2 ? "they need half of the free memory, \(free >> 20) MiB" : nil
    case .connections:
      let limit = OpenFiles.limit
      return step + 100 > limit ? "this process may have \(limit) files open (ulimit -n)" : nil
    case .workers, .body:
      return nil
    }
  }
}

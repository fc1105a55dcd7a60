import ArgumentParser
import Foundation

/// The worker beside what else could stand in its place.
struct WorkerBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "The worker beside nginx, nginx + Lua + Redis, and a Python middleware: rates, latency, CPU, memory.")

  @Flag(help: "Measure the peers, too; what is not installed is left out.")
  var peers = false

  @Option(help: "Connections.")
  var connections = 64

  @Option(help: "Seconds of a turn.")
  var seconds = 3.0

  @Option(help: "Rounds; every figure is the median of as many.")
  var rounds = 5

  @Option(help: "What is asked: unguarded, executed, replayed, in-progress, mismatch; several, separated by commas.")
  var modes = WorkerMode.allCases.map(\.rawValue).joined(separator: ",")

  @Option(help: "Another worker than the one of this package.")
  var worker: String?

  @Option(help: "The Python that has the packages of benchmarks/Peers/Python/requirements.txt.")
  var python = "python3"

  @Flag(help: "Three rounds of turns of one second.")
  var quick = false

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let report = try await measure()
    print(try report.output(json: json))
  }

  func measure() async throws -> WorkerReport {
    let (rounds, seconds) = quick ? (3, 1.0) : (rounds, seconds)
    guard let modes = WorkerMode.list(modes), connections > 0, rounds > 0, seconds > 0, seconds <= 20 else {
      throw ValidationError("the modes are those above; counts are positive; a turn takes 20 s at most")
    }
    let path = try WorkerProgram.find(worker)
    return try await Scratch.withDirectory { directory in
      let bench = try await WorkerBench.start(
        worker: path, python: peers ? python : nil, connections: connections, directory: directory)
      let comparison = try await WorkerComparison.measure(bench, modes, rounds: rounds, seconds: seconds)
      let fixedRates = try await bench.fixedRates([0.5, 0.125], of: comparison, rounds: rounds, seconds: seconds)
      let targets = try await WorkerTargets.measure(bench, comparison, fixedRates, seconds: seconds)
      Progress.end()
      try await bench.stop()
      return WorkerReport(
        connections: connections, rounds: rounds, seconds: seconds, comparison.rows, fixedRates, targets)
    }
  }
}

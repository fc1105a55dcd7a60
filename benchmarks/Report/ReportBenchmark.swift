import ArgumentParser
import Foundation

/// Runs what is chosen and writes it down.
struct ReportBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Runs a set of benchmarks and writes a report with tables and charts.")

  @Option(help: "What is run: worker, contention, scaling, client, micro; several, separated by commas.")
  var sets = "worker,contention,scaling,client,micro"

  @Option(help: "The folder that the report is written to.")
  var output = "benchmarks/results"

  @Option(help: "Another worker than the one of this package.")
  var worker: String?

  @Option(help: "The Python that has the packages of benchmarks/Peers/Python/requirements.txt.")
  var python = "python3"

  @Flag(help: "Every part with its own --quick.")
  var quick = false

  func run() async throws {
    let folder = URL(fileURLWithPath: output)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let common = (quick ? ["--quick"] : []) + (worker.map { ["--worker", $0] } ?? [])
    var report = ReportFile(folder: folder, arguments: "report --sets \(sets)\(quick ? " --quick" : "")")
    var file = ""
    for set in sets.split(separator: ",") {
      switch set {
      case "worker":
        try report.add(try await WorkerBenchmark.parse(["--peers", "--python", python] + common).measure())
      case "contention":
        try report.add(try await ContentionBenchmark.parse(common).measure())
      case "scaling":
        report.add(try await ScalingBenchmark.parse(common).measure(), as: "Scaling")
      case "micro":
        report.add(try MicroBenchmark.parse(quick ? ["--quick"] : []).measure(), as: "Single steps")
      case "client":
        report.add(
          try await ClientBenchmark.parse(quick ? ["--operations", "100000"] : []).measure(),
          as: "The Redis client beside redis-benchmark")
      default:
        throw ValidationError("no benchmark is called \(set)")
      }
      // A later part that fails does not take the earlier ones with it.
      file = try report.write()
    }
    print(file)
  }
}

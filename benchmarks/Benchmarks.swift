import ArgumentParser

/// Measures what users ask before they adopt: how much does it cost, and how far does it go.
@main
struct Benchmarks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Measures swift-idempotency beside a reference, in the same run.",
    subcommands: [
      ContentionBenchmark.self, WorkerBenchmark.self, ScalingBenchmark.self, ClientBenchmark.self, MicroBenchmark.self,
      ReportBenchmark.self, OriginCommand.self,
    ])
}

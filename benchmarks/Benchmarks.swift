import ArgumentParser

/// Measures what users ask before they adopt: how much does it cost, and how far does it go.
@main
struct Benchmarks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Measures swift-idempotency beside a reference, in the same run.",
    subcommands: [ClientBenchmark.self])
}

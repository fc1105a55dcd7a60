import ArgumentParser

/// The steps of a guarded request one by one, without store, socket and scheduler: what the library itself costs.
struct MicroBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "micro",
    abstract: "Single steps of the library: time, allocations and instructions per operation.")

  @Option(help: "Only cases whose name holds this text.")
  var filter: String?

  @Flag(help: "Fewer and shorter batches: some seconds in all, and figures that vary more.")
  var quick = false

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let report = try measure()
    print(try report.output(json: json))
  }

  func measure() throws -> MicroReport {
    let cases = MicroCase.all.filter { one in filter.map { one.name.contains($0) } ?? true }
    guard !cases.isEmpty else {
      throw ValidationError("no case has this in its name; there are: \(MicroCase.all.map(\.name))")
    }
    let meter = quick ? MicroMeter.quick : MicroMeter.thorough
    return MicroReport(method: meter.method, rounds: meter.rounds, rows: try meter.measure(cases))
  }
}

import Foundation

/// A report while it is put together: Markdown, and a file for each chart.
struct ReportFile {
  private let folder: URL
  private let name: String
  private let head: String
  private var targets: [Target] = []
  private var sections = ""

  /// Begins a report.
  ///
  /// - Parameters:
  ///   - folder: Where it is put.
  ///   - arguments: What the program was called with, so that it can be done again.
  init(folder: URL, arguments: String) {
    self.folder = folder
    let machine = Machine.current
    let date = Date.now.formatted(.iso8601.year().month().day())
    let processor = machine.processor.lowercased().split { !$0.isLetter && !$0.isNumber }.prefix(3)
    name = "\(date)-\(processor.joined(separator: "-"))-\(machine.cores)-cores"
    head = """
      # Benchmarks, \(date)

      \(machine.processor), \(machine.cores) cores, shared by everything that is measured and by what measures; \
      \(machine.memoryGiB.text(1)) GiB; \(machine.system); \(Versions.text).
      Made by `swift run -c release benchmarks \(arguments)`. On such a machine figures vary by a tenth and more from \
      run to run: compare ratios of one run, not rates of two.

      """
  }

  mutating func add(_ report: WorkerReport) throws {
    section("The worker beside others", report.method)
    var chart = BarChart(title: "Requests per second", unit: "/s")
    for mode in WorkerMode.allCases {
      let rows = report.rows.filter { $0.mode == mode }
      guard !rows.isEmpty else { continue }
      chart.groups.append((mode.rawValue, rows.map { .init(name: $0.server, value: $0.requestsPerSecond) }))
    }
    try add(chart.svg, as: "worker", "Requests per second by mode and server")
    addTables(of: report)
  }

  mutating func add(_ report: ContentionReport) throws {
    section("Contention", report.method)
    let settings = report.settings
    sections += """

      \(settings.workers) workers, \(settings.connections) connections, \(settings.keys) keys with \
      \(settings.duplicates) requests each on average, an operation of \(settings.operationMilliseconds) ms. \
      Effects per key over all turns: **\(report.effectsPerKey.text(report.isExact ? 0 : 6))**.

      """
    var chart = LatencyChart(title: "Latency under contention, open loop")
    chart.curves = report.rows.filter { $0.loop == .open }
      .map { ("\($0.mix), \($0.offeredPerSecond.text())/s", $0.latencyMicroseconds) }
    if !chart.curves.isEmpty { try add(chart.svg, as: "contention", "Latency by percentile") }
    addTables(of: report)
  }

  /// Adds a part that has tables and no chart.
  mutating func add(_ report: some BenchmarkReport, as title: String) {
    section(title, report.method)
    addTables(of: report)
  }

  /// Writes the report, as far as it has come.
  ///
  /// - Returns: Where it is.
  func write() throws -> String {
    let file = folder.appending(path: "\(name).md")
    let promises =
      targets.isEmpty ? "" : "\n## What the project promises\n\n\(Target.table(targets).markdown)\n"
    let text = head + promises + sections
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file.path
  }

  private mutating func addTables(of report: some BenchmarkReport) {
    for table in report.tables { sections += "\n\(table.markdown)\n" }
    targets += report.targets
  }

  private mutating func section(_ title: String, _ method: String) {
    sections += "\n## \(title)\n\nMethod: \(method)\n"
  }

  private mutating func add(_ svg: String, as chart: String, _ description: String) throws {
    let file = "\(name)-\(chart).svg"
    try svg.write(to: folder.appending(path: file), atomically: true, encoding: .utf8)
    sections += "\n![\(description)](\(file))\n"
  }
}

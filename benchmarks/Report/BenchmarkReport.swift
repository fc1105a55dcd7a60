/// What a benchmark found: figures, and how they came about.
protocol BenchmarkReport: Encodable {
  var method: String { get }
  var table: Table { get }
}

extension BenchmarkReport {
  /// As it is printed: JSON, or the table and the method.
  func output(json: Bool) throws -> String {
    json ? try Figures.json(self) : "\(table.text)\n\n\(method)"
  }
}

/// What a benchmark found: figures, and how they came about.
protocol BenchmarkReport: Encodable {
  var method: String { get }
  var tables: [Table] { get }
  /// What the project promises and this benchmark measures.
  var targets: [Target] { get }
}

extension BenchmarkReport {
  var targets: [Target] { [] }

  /// As it is printed: JSON, or the tables and the method.
  func output(json: Bool) throws -> String {
    guard !json else { return try Figures.json(self) }
    let all = targets.isEmpty ? tables : tables + [Target.table(targets)]
    return (all.map(\.text) + [method]).joined(separator: "\n\n")
  }
}

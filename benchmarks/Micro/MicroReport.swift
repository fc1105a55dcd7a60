/// What the cases cost.
struct MicroReport: BenchmarkReport {
  /// One case.
  struct Row: Encodable {
    let name: String
    let nanosecondsPerOperation: Double
    /// Nil where nobody counts allocations.
    let allocationsPerOperation: Double?
    /// Nil where nobody counts instructions.
    let instructionsPerOperation: Double?

    private enum CodingKeys: CodingKey {
      case name, nanosecondsPerOperation, allocationsPerOperation, instructionsPerOperation
    }

    /// By hand, because the synthesized one leaves nil out: a reader is told that a figure is missing.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(nanosecondsPerOperation, forKey: .nanosecondsPerOperation)
      try container.encode(allocationsPerOperation, forKey: .allocationsPerOperation)
      try container.encode(instructionsPerOperation, forKey: .instructionsPerOperation)
    }
  }

  let method: String
  let rounds: Int
  let rows: [Row]

  var tables: [Table] {
    var table = Table("case", "ns/op", "allocations/op", "instructions/op")
    for row in rows {
      table.add(
        row.name, row.nanosecondsPerOperation.text(row.nanosecondsPerOperation < 100 ? 1 : 0),
        // Whole as a rule; a fraction is work that is shared by several operations.
        row.allocationsPerOperation.map { $0.text($0 == $0.rounded() ? 0 : 2) } ?? "-",
        row.instructionsPerOperation.text())
    }
    return [table]
  }
}

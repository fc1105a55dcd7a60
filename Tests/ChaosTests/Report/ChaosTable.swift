import Synchronization

/// What all runs came to, a row for each fault.
final class ChaosTable: Sendable {
  private struct State {
    var reports: [String: [Report]] = [:]
    var order: [String] = []
    var failed: [String: Int] = [:]
  }

  private let state = Mutex(State())

  /// The order of the rows; a fault that is not named here comes behind.
  init(rows: [String] = []) {
    state.withLock { $0.order = rows }
  }

  func add(_ report: Report) {
    state.withLock { state in
      if !state.order.contains(report.fault) { state.order.append(report.fault) }
      state.reports[report.fault, default: []].append(report)
    }
  }

  /// A run that came to no end.
  func addFailure(of fault: String) {
    state.withLock { state in
      if !state.order.contains(fault) { state.order.append(fault) }
      state.failed[fault, default: 0] += 1
    }
  }

  var reports: [Report] { state.withLock { state in state.reports.values.flatMap(\.self) } }

  /// Everything that was worth having happened (I15).
  var situations: Set<String> { Set(reports.flatMap(\.situations)) }

  /// The faults of which every run came to an end.
  var finished: Set<String> {
    state.withLock { state in Set(state.reports.keys).subtracting(state.failed.keys) }
  }

  /// The table, aligned; nil if nothing ran.
  var text: String? {
    let (order, reports, failed) = state.withLock { ($0.order, $0.reports, $0.failed) }
    var rows = [
      ["fault", "runs", "operations", "duplicate effects", "lost answers", "uncertain", "settle time"]
    ]
    for fault in order {
      let own = reports[fault] ?? []
      let failures = failed[fault] ?? 0
      guard !own.isEmpty || failures > 0 else { continue }
      rows.append(Self.row(fault, own, failures))
    }
    guard rows.count > 1 else { return nil }
    rows.append(Self.row("all", reports.values.flatMap(\.self), failed.values.reduce(0, +)))
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + blanks : blanks + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  private static func row(_ fault: String, _ reports: [Report], _ failures: Int) -> [String] {
    func sum(_ count: (Report) -> Int) -> String { String(reports.map(count).reduce(0, +)) }
    let longest = reports.map(\.settle).max() ?? .zero
    return [
      fault, String(reports.count) + (failures > 0 ? " (\(failures) failed)" : ""), sum(\.operations),
      sum(\.duplicates), sum(\.lost), sum(\.uncertain),
      "\((longest.nanoseconds + 50_000_000) / 100_000_000)".seconds,
    ]
  }
}

extension String {
  /// Tenths of a second, written as seconds.
  fileprivate var seconds: String {
    let digits = count < 2 ? "0" + self : self
    return "\(digits.dropLast()).\(digits.suffix(1)) s"
  }
}

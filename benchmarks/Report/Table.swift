/// Rows under headings, in columns: the first on the left, the figures on the right.
struct Table {
  let headings: [String]
  private(set) var rows: [[String]] = []

  init(_ headings: String...) {
    self.headings = headings
  }

  /// Adds a row; it has a cell for each heading.
  mutating func add(_ cells: String...) { add(cells) }

  mutating func add(_ cells: [String]) {
    precondition(cells.count == headings.count, "a cell for each heading")
    rows.append(cells)
  }

  /// For a terminal.
  var text: String {
    let all = [headings] + rows
    let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      zip(row, widths).enumerated().map { index, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return index == 0 ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// For a Markdown file.
  var markdown: String {
    let line = headings.indices.map { $0 == 0 ? "---" : "---:" }
    return ([headings, line] + rows).map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
  }
}

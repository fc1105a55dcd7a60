import Foundation

/// The example file, and what its comments say.
///
/// "Commented lines show the default, or an alternative where they say so."
enum ConfigurationExample {
  static let text: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (try? String(contentsOf: root.appendingPathComponent("deploy/worker.example.yaml"), encoding: .utf8)) ?? ""
  }()

  static let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

  /// A line that is a setting behind a `#`.
  struct Commented: Sendable, CustomStringConvertible {
    /// Its place in the file, counted from 0.
    let index: Int
    /// How deep it stands once the `#` is gone.
    let indentation: Int
    /// Whether it is the first of its block: nothing between `#` and name but one blank.
    let isOuter: Bool
    /// Its name with the names of what it stands in, without indices.
    let path: String
    /// The words that the remark behind it names as its values.
    let choices: [String]
    var description: String { path }
    var name: String { path.split(separator: ".").last.map(String.init) ?? "" }
  }

  /// All of them.
  static let commented: [Commented] = {
    var found: [Commented] = []
    var parents: [(indentation: Int, name: String)] = []
    for (index, line) in lines.enumerated() {
      if let match = line.wholeMatch(of: /( *)(- )?([a-z][A-Za-z]*):.*/) {
        let indentation = match.1.count + (match.2?.count ?? 0)
        parents.removeAll { $0.indentation >= indentation }
        parents.append((indentation, String(match.3)))
      } else if let match = line.wholeMatch(of: /( *)# ( *)([a-z][A-Za-z]*):(.*)/) {
        let indentation = match.1.count + match.2.count
        parents.removeAll { $0.indentation >= indentation }
        let path = (parents.map(\.name) + [String(match.3)]).joined(separator: ".")
        found.append(
          Commented(
            index: index, indentation: indentation, isOuter: match.2.isEmpty, path: path,
            choices: choices(String(match.4))))
        parents.append((indentation, String(match.3)))
      }
    }
    return found
  }()

  /// The words of `a (why) | b | c` in the remark of `name: value # …`.
  private static func choices(_ rest: String) -> [String] {
    guard let mark = rest.firstRange(of: "#"), !rest[..<mark.lowerBound].contains("{") else { return [] }
    let parts = rest[mark.upperBound...].replacing(#/\([^)]*\)/#, with: "").split(separator: "|")
    guard parts.count > 1 else { return [] }
    return parts.enumerated().compactMap { index, part in
      let words = part.split(separator: " ")
      return (index == 0 ? words.last : words.first).map(String.init)
    }
  }

  /// The file with a line uncommented, and the lines that it stands in.
  ///
  /// - Parameters:
  ///   - line: The line.
  ///   - value: What it has instead of what it shows.
  ///   - replaced: The names whose lines go, in the mapping of the block's first line.
  /// - Returns: The text.
  static func uncommenting(_ line: Commented, value: String? = nil, replacing replaced: [String] = []) -> String {
    var uncovered: [Commented] = [line]
    for outer in commented[..<(commented.firstIndex { $0.index == line.index } ?? 0)].reversed() {
      guard let inner = uncovered.last, !inner.isOuter else { break }
      if outer.indentation < inner.indentation { uncovered.append(outer) }
    }
    var edited = removing(replaced, besides: line)
    for each in uncovered { edited[each.index] = lines[each.index].replacing(#/^( *)# /#, with: { $0.1 }) }
    if let value { edited[line.index] = edited[line.index].replacing(#/: .*/#, with: ": \(value)") }
    return edited.joined(separator: "\n")
  }

  /// The file without the lines of some names, in the mapping of the first line of a line's block.
  static func removing(_ names: [String], besides line: Commented) -> [String] {
    let outer = commented.last { $0.index <= line.index && $0.isOuter } ?? line
    let blanks = String(repeating: " ", count: outer.indentation)
    return lines.map { text in names.contains { text.hasPrefix("\(blanks)\($0):") } ? "" : text }
  }
}

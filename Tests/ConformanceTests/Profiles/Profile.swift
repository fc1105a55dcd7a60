import Foundation
import Testing
@testable import Harness

/// A file of `deploy/profiles`: published behaviour that configuration alone reproduces.
struct Profile: Sendable, CustomStringConvertible {
  /// The file's name without `.yaml`.
  let name: String

  /// A line of the file, and what stands in its place in a copy.
  struct Replacement: Sendable {
    let line: String
    let by: [String]

    /// Retention and lease end within seconds: nothing else is changed, and a lease is half the retention at most.
    static func retention(_ setting: String = "retention: 24h", by retention: String, lease: String) -> Replacement {
      let name = setting.prefix { $0 != ":" }
      return Replacement(line: setting, by: ["\(name): \(retention)", "lease: \(lease)"])
    }

    /// A lease is added behind a line.
    static func lease(_ lease: String, after line: String) -> Replacement {
      Replacement(line: line, by: [line, "lease: \(lease)"])
    }
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "deploy/profiles")

  /// Every profile there is.
  static func all() throws -> [Profile] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }.sorted()
      .map { Profile(name: String($0.dropLast(".yaml".count))) }
  }

  /// The file itself.
  var path: String { Self.folder.appending(path: name + ".yaml").path }

  var text: String {
    get throws { try String(contentsOfFile: path, encoding: .utf8) }
  }

  var description: String { name }

  /// The file with lines replaced wherever they stand, each where it is indented.
  ///
  /// - Throws: An unmet expectation where a line does not stand in the file: the copy would test nothing.
  func text(replacing replacements: [Replacement]) throws -> String {
    var lines = try text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for replacement in replacements {
      let blank = { (line: String) in String(line.prefix { $0 == " " }) }
      try #require(
        lines.contains { $0 == blank($0) + replacement.line }, "\(name).yaml has no line '\(replacement.line)'")
      lines = lines.flatMap { line in
        line == blank(line) + replacement.line ? replacement.by.map { blank(line) + $0 } : [line]
      }
    }
    return lines.joined(separator: "\n")
  }
}

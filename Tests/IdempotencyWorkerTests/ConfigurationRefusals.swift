/// What is refused, and the words of the refusal: a case for each setting at least.
///
/// A case replaces the line of its setting in the base, or follows it as line 6.
enum ConfigurationRefusals {
  struct Case: Sendable, CustomStringConvertible {
    let text: String
    let errors: [String]
    var description: String { text }

    init(_ text: String, _ errors: String...) {
      self.text = text
      self.errors = errors
    }
  }

  static let base = [
    "listen: 127.0.0.1:8080",
    "origin: http://127.0.0.1:3000",
    "store: { memory: {} }",
    "principal: { headers: [x-api-key] }",
    "policies: [{ name: p, match: { path: /p } }]",
  ]

  /// The base with a case in its place.
  static func document(_ text: String) -> String {
    let name = text.prefix { $0 != ":" }
    var lines = base
    if let index = lines.firstIndex(where: { $0.hasPrefix("\(name):") }), !text.contains("\nlisten") {
      lines[index] = text
    } else {
      lines.append(text)
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

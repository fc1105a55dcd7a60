/// A setting that the configuration knows.
struct Setting: Sendable, Hashable {
  /// What it takes on the command line or in a variable.
  enum Form: Sendable, Hashable {
    /// One value; the word stands for it in the help.
    case single(String)
    /// Several values with commas between.
    case several(String)
  }

  /// Its name, with the names of the mappings it stands in: `originConnections.idle`.
  let path: String
  /// What it takes.
  let form: Form
  /// One line about it, with its default.
  let help: String

  /// Makes a setting of one value.
  static func single(_ path: String, _ word: String, _ help: String) -> Setting {
    Setting(path: path, form: .single(word), help: help)
  }

  /// Makes a setting of several values.
  static func several(_ path: String, _ word: String, _ help: String) -> Setting {
    Setting(path: path, form: .several(word), help: help)
  }

  /// Its path in pieces.
  var components: [String] { path.split(separator: ".").map(String.init) }
}

/// Where a setting was made, so that an error can point there.
enum SettingLocation: Sendable, Hashable {
  /// A place in the configuration file, both counted from 1; columns count Unicode scalars.
  case file(line: Int, column: Int)
  /// An environment variable.
  case variable(String)
  /// A flag, with its dashes.
  case flag(String)
  /// The command line as a whole: nothing was said.
  case commandLine

  /// Which of two settings wins, the higher.
  var precedence: Int {
    switch self {
    case .commandLine: 0
    case .file: 1
    case .variable: 2
    case .flag: 3
    }
  }
}

extension SettingLocation: Comparable {
  /// The order in which errors are listed: the file from top to bottom, then variables, then flags.
  static func < (left: SettingLocation, right: SettingLocation) -> Bool {
    switch (left, right) {
    case (.file(let a, let b), .file(let c, let d)): (a, b) < (c, d)
    case (.variable(let a), .variable(let b)), (.flag(let a), .flag(let b)): a < b
    default: left.precedence < right.precedence
    }
  }
}

/// One thing that is wrong with a configuration.
struct ConfigurationError: Error, Sendable, Hashable {
  /// The configuration file, if there is one.
  var file: String?
  /// Where the setting was made; nil means the file as a whole.
  var location: SettingLocation?
  /// The setting, such as `policies[0].key.format`; empty when no setting is meant.
  var path: String
  /// What is wrong, and what was expected; it never holds a password.
  var reason: String
}

extension ConfigurationError: CustomStringConvertible {
  /// `file:line:column: path: reason`; a variable or flag names the setting already.
  var description: String {
    let subject = path.isEmpty ? reason : "\(path): \(reason)"
    switch location {
    case .file(let line, let column): return "\(file ?? "-"):\(line):\(column): \(subject)"
    case .variable(let name), .flag(let name): return "\(name): \(reason)"
    case .commandLine: return "command line: \(subject)"
    case nil: return "\(file ?? "-"): \(subject)"
    }
  }
}

extension ConfigurationError: Comparable {
  /// The order in which errors are listed.
  static func < (left: ConfigurationError, right: ConfigurationError) -> Bool {
    switch (left.location, right.location) {
    case (nil, nil): left.reason < right.reason
    case (nil, _): true
    case (_, nil): false
    case (let a?, let b?): a == b ? (left.path, left.reason) < (right.path, right.reason) : a < b
    }
  }
}

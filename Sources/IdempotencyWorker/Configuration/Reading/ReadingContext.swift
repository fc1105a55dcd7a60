/// What one reading of a configuration shares: its problems, gathered so that all can be said at once, and its files.
///
/// It never leaves that reading.
final class ReadingContext {
  /// The configuration file, if there is one.
  let file: String?
  /// Finds the files that are named.
  let files: FileCheck
  private var errors: [ConfigurationError] = []
  private var invalidPaths: Set<String> = []

  /// Begins a reading.
  init(file: String?) {
    self.file = file
    files = FileCheck(configurationFile: file)
  }

  /// Whether nothing is wrong so far.
  var isEmpty: Bool { errors.isEmpty }

  /// How many problems there are so far.
  var count: Int { errors.count }

  /// Notes a problem.
  func add(_ reason: String, at location: SettingLocation?, path: String) {
    errors.append(ConfigurationError(file: file, location: location, path: path, reason: reason))
    invalidPaths.insert(path)
  }

  /// Whether something was wrong with a setting, so that a comparison with another one would mislead.
  func contains(_ path: String) -> Bool { invalidPaths.contains(path) }

  /// Whether something was wrong with a setting or anything in it.
  func contains(under path: String) -> Bool { invalidPaths.contains { $0.hasPrefix(path) } }

  /// Ends the reading.
  /// - Throws: All that was noted, if anything was.
  func throwIfAny() throws(ConfigurationErrors) {
    if !errors.isEmpty { throw ConfigurationErrors(errors) }
  }
}

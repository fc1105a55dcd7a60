/// All that is wrong with a configuration, in the order of the file.
struct ConfigurationErrors: Error, Sendable, Hashable {
  /// The errors, ``maximum`` at most.
  let errors: [ConfigurationError]
  /// How many more there were.
  let omitted: Int

  /// 20: what fits on a screen; one slip can cause many.
  static let maximum = 20

  /// Makes a list of some errors, one at least.
  init(_ errors: [ConfigurationError]) {
    let sorted = Set(errors).sorted()
    self.errors = Array(sorted.prefix(Self.maximum))
    omitted = sorted.count - self.errors.count
  }

  /// Makes a list of one error.
  init(_ reason: String, file: String? = nil, location: SettingLocation? = nil, path: String = "") {
    self.init([ConfigurationError(file: file, location: location, path: path, reason: reason)])
  }
}

extension ConfigurationErrors: CustomStringConvertible {
  /// One line for each error.
  var description: String {
    let lines = errors.map(\.description) + (omitted > 0 ? ["… and \(omitted) more"] : [])
    return lines.joined(separator: "\n")
  }
}

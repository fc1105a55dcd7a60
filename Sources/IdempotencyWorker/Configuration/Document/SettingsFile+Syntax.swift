import Yams

extension SettingsFile {
  /// An error of Yams in our form.
  ///
  /// Its own description quotes the line it stands in, which may hold a password, so only the problem itself is said.
  static func syntaxError(_ error: any Error, file: String?) -> ConfigurationErrors {
    func errors(_ reason: String, _ mark: Mark) -> ConfigurationErrors {
      let location = SettingLocation.file(line: max(mark.line, 1), column: max(mark.column, 1))
      return ConfigurationErrors(reason, file: file, location: location)
    }
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return errors("is not valid YAML: \(problem)", mark)
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { "\($0)" }.joined(separator: ", ")
      return errors("\(names): stands more than once in one mapping, here first; expected once", context.mark)
    case .reader(let problem, let offset, _, let yaml):
      let location = offset.map { place(ofCharacter: $0, in: yaml) }
      return ConfigurationErrors("is not valid YAML: \(problem)", file: file, location: location)
    default:
      return ConfigurationErrors("is not valid YAML", file: file)
    }
  }

  private static func place(ofCharacter offset: Int, in text: String) -> SettingLocation {
    let before = text.prefix(offset)
    let line = before.lastIndex(where: \.isNewline).map { before[before.index(after: $0)...] } ?? before[...]
    return .file(line: before.count { $0.isNewline } + 1, column: line.unicodeScalars.count + 1)
  }
}

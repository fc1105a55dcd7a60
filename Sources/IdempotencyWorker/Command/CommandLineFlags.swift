import Configuration

/// The command line: flags with a value each, and four without a setting behind them.
///
/// swift-configuration reads values but passes over what it does not know, so that is found here.
enum CommandLineFlags {
  /// Flags that stand alone.
  static let switches: Set<String> = ["--check", "--help", "-h", "--version"]

  /// The flag of each setting, by the setting's path: `--origin-connections-idle`.
  static let names: [String: String] = {
    let provider = CommandLineArgumentsProvider(arguments: [])
    let pairs = SettingsCatalogue.settings.map { ($0.path, lookUp($0.components, in: provider)?.encodedKey ?? "") }
    return Dictionary(uniqueKeysWithValues: pairs)
  }()

  /// A flag's value, nil when it is not given.
  static func value(of components: [String], in provider: CommandLineArgumentsProvider) -> String? {
    guard case .stringArray(let values)? = lookUp(components, in: provider)?.value?.content else { return nil }
    // The provider takes every value apart at its commas; whether there was one value only was tested before.
    return values.joined(separator: ",")
  }

  private static func lookUp(_ components: [String], in provider: CommandLineArgumentsProvider) -> LookupResult? {
    try? provider.value(forKey: AbsoluteConfigKey(components), type: .stringArray)
  }

  /// What is wrong with a command line.
  ///
  /// - Parameter arguments: The command line, the program's name first.
  /// - Returns: The errors, none where all is well.
  static func errors(in arguments: [String]) -> [ConfigurationError] {
    let valued: Set<String> = Set(names.values).union(["--config"])
    var errors: [ConfigurationError] = []
    var seen: Set<String> = []
    var index = 1
    func fail(_ name: String, _ reason: String) {
      errors.append(ConfigurationError(location: .flag(name), path: "", reason: reason))
    }
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      // What follows `=` may be a password, and so may an argument that stands nowhere: neither is repeated.
      let name = String(argument.prefix { $0 != "=" })
      let hasValue = name.utf8.count < argument.utf8.count
      if !seen.insert(name).inserted, name.hasPrefix("-") {
        fail(name, "is given more than once; expected once")
      } else if switches.contains(name) {
        if hasValue { fail(name, "has a value; expected none") }
      } else if valued.contains(name) {
        if hasValue { continue }
        if index < arguments.count, !arguments[index].hasPrefix("--") {
          index += 1
        } else {
          fail(name, "has no value; expected \(name) VALUE")
        }
      } else if argument.hasPrefix("-") {
        let nearest = SettingsCatalogue.nearest(name, among: valued.union(switches).sorted()).map { "\($0)?" }
        fail(ErrorText.shown(name), "is not a flag; expected \(nearest ?? "one that --help lists")")
      } else {
        fail("argument \(index - 1)", "belongs to no flag; expected --config FILE, or --flag VALUE")
      }
    }
    return errors
  }
}

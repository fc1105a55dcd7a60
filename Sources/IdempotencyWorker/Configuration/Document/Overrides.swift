import Configuration

/// What flags and environment variables say; swift-configuration finds them and gives them their names.
///
/// `originConnections.idle` is `--origin-connections-idle` and `IDEMPOTENCY_ORIGIN_CONNECTIONS_IDLE`.
struct Overrides {
  /// A setting, and what is said about it.
  private typealias Override = (setting: Setting, node: SettingNode)
  /// In rising precedence: variables, then flags.
  private var overrides: [Override] = []

  /// Finds all that is said.
  ///
  /// - Parameters:
  ///   - arguments: The command line, the program's name first.
  ///   - environment: The environment.
  /// - Throws: ``ConfigurationErrors`` for flags and variables that are unknown or malformed.
  init(arguments: [String], environment: [String: String]) throws(ConfigurationErrors) {
    let errors = CommandLineFlags.errors(in: arguments) + EnvironmentVariables.errors(in: environment)
    if !errors.isEmpty { throw ConfigurationErrors(errors) }
    let variables = EnvironmentVariablesProvider(environmentVariables: environment)
    let flags = CommandLineArgumentsProvider(arguments: arguments)
    for setting in SettingsCatalogue.settings {
      guard let name = EnvironmentVariables.names[setting.path], environment[name]?.isEmpty == false else {
        // An empty one is as good as none: that is how container tools pass on what is not set.
        continue
      }
      if let text = EnvironmentVariables.value(of: setting.components, in: variables) {
        add(setting, text, .variable(name))
      }
    }
    for setting in SettingsCatalogue.settings {
      guard let name = CommandLineFlags.names[setting.path] else { continue }
      if let text = CommandLineFlags.value(of: setting.components, in: flags) { add(setting, text, .flag(name)) }
    }
  }

  private mutating func add(_ setting: Setting, _ text: String, _ location: SettingLocation) {
    var node = SettingNode(value: .scalar(text, isPlain: true), location: location)
    if case .several = setting.form {
      let elements = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
      node.value = .list(
        elements.map { element in
          let trimmed = String(element.drop { $0 == " " })
          return SettingNode(value: .scalar(trimmed, isPlain: true), location: location)
        })
    }
    overrides.append((setting, node))
  }

  /// Whether anything is said about who is calling.
  var namesCaller: Bool {
    overrides.contains { $0.setting.path == "principal.headers" || $0.setting.path.hasPrefix("principal.jwt.") }
  }

  /// Puts all that is said in its place.
  func apply(to document: inout SettingNode) {
    for (setting, node) in overrides {
      // The short form names the store by its value.
      if setting.path == "store" {
        let isMemory = if case .scalar("memory", _) = node.value { true } else { false }
        let value = isMemory ? SettingNode(value: .mapping([]), location: node.location) : node
        document.set(["store", isMemory ? "memory" : "redis"], to: value)
      } else {
        document.set(setting.components[...], to: node)
      }
    }
  }
}

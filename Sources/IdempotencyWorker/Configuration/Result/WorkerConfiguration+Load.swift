extension WorkerConfiguration {
  /// What a worker without a file guards (DESIGN "Configuration").
  private static let builtInPolicies = """
    policies: [{ name: default, match: { methods: [POST, PATCH], path: "/**" } }]
    """
  /// How it tells callers apart unless flags or variables say otherwise.
  private static let builtInPrincipal = "principal: { headers: [x-api-key], missing: shared }"

  /// Reads a configuration, and checks all that can be checked without a connection.
  ///
  /// Flags are stronger than variables, variables stronger than the file. Blocks on the file system: it is meant for
  /// the start and for a reload, away from event loops.
  /// - Parameter source: The file, and what overrides it.
  /// - Returns: A configuration that can be run with.
  /// - Throws: ``ConfigurationErrors``: all that is wrong, each with its place. Nothing was changed anywhere.
  static func load(_ source: ConfigurationSource) throws(ConfigurationErrors) -> WorkerConfiguration {
    let overrides = try Overrides(arguments: source.arguments, environment: source.environment)
    var document: SettingNode
    if let file = source.file {
      document = try SettingsFile.read(file)
    } else {
      let text = overrides.namesCaller ? builtInPolicies : "\(builtInPolicies)\n\(builtInPrincipal)"
      document = try SettingsFile.parse(text, file: nil, location: .commandLine)
    }
    overrides.apply(to: &document)
    let context = ReadingContext(file: source.file)
    let root = Section(document, path: "", location: document.location, context: context)
    let configuration = WorkerConfiguration(root)
    try context.throwIfAny()
    return configuration
  }
}

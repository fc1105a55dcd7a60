import Configuration

/// What the command line asks for.
enum CommandLineRequest: Sendable, Hashable {
  /// Start the worker.
  case run(ConfigurationSource)
  /// Validate the configuration only.
  case check(ConfigurationSource)
  /// Print this text.
  case help(String)
  /// Print the version.
  case version

  /// The exit code for a configuration or a command line that cannot be used, as other Unix tools have it.
  static let unusable: Int32 = 2

  /// Reads a command line.
  ///
  /// - Parameters:
  ///   - arguments: The command line, the program's name first.
  ///   - environment: The environment; `IDEMPOTENCY_CONFIG` is the file where `--config` names none.
  /// - Returns: What it asks for.
  /// - Throws: ``ConfigurationErrors`` for flags and variables that are unknown or malformed; exit with ``unusable``.
  static func parse(
    arguments: [String], environment: [String: String]
  ) throws(ConfigurationErrors) -> CommandLineRequest {
    // Whoever asks for help gets it, whatever else is wrong.
    if arguments.dropFirst().contains(where: { $0 == "--help" || $0 == "-h" }) { return .help(HelpText.text) }
    if arguments.dropFirst().contains("--version") { return .version }
    _ = try Overrides(arguments: arguments, environment: environment)
    let flag = CommandLineFlags.value(of: ["config"], in: CommandLineArgumentsProvider(arguments: arguments))
    if flag == "" { throw ConfigurationErrors("names no file; expected one", location: .flag("--config")) }
    let file = flag ?? environment["IDEMPOTENCY_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    let source = ConfigurationSource(file: file, arguments: arguments, environment: environment)
    return arguments.dropFirst().contains("--check") ? .check(source) : .run(source)
  }
}

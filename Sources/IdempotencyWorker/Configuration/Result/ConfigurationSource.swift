/// What a configuration is made of: a file, and what overrides it.
///
/// Kept by a running worker, so that a reload reads the same things again.
struct ConfigurationSource: Sendable, Hashable {
  /// The configuration file as it was named; nil runs with the default policy.
  var file: String?
  /// The command line, the program's name first; stronger than all else.
  var arguments: [String]
  /// The environment; stronger than the file.
  var environment: [String: String]

  /// Makes a source.
  init(file: String? = nil, arguments: [String] = ["idempotency-worker"], environment: [String: String] = [:]) {
    self.file = file
    self.arguments = arguments
    self.environment = environment
  }
}

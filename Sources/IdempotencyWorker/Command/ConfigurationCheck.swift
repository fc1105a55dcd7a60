/// What `--check` says.
struct ConfigurationCheck: Sendable, Hashable {
  /// For standard output.
  let output: String
  /// For standard error.
  let errors: String
  /// 0, or ``CommandLineRequest/unusable``.
  let exitCode: Int32

  /// Validates a configuration; nothing is connected.
  init(_ source: ConfigurationSource) {
    do throws(ConfigurationErrors) {
      let configuration = try WorkerConfiguration.load(source)
      let notes = configuration.notes.map { "note: \($0)\n" }.joined()
      output = "\(source.file ?? "command line"): valid\n\(notes)"
      errors = ""
      exitCode = 0
    } catch {
      output = ""
      errors = "\(error)\n"
      exitCode = CommandLineRequest.unusable
    }
  }
}

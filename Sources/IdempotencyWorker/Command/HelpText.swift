/// What `--help` says.
enum HelpText {
  /// The whole text.
  static var text: String {
    """
    idempotency-worker: a reverse proxy that runs an operation sent with an idempotency key at most once.

    USAGE
      idempotency-worker --config FILE [--check] [--SETTING VALUE …]
      idempotency-worker --origin URL --store memory|redis://HOST:PORT [--listen ADDRESS] [--SETTING VALUE …]

      Without a file POST and PATCH are guarded on every path, keys are optional, and x-api-key tells callers apart.

    FLAGS
      --config FILE   the configuration; deploy/worker.example.yaml shows every setting
      --check         validate it, say so, and exit
      --help, -h      print this text
      --version       print the version

      Exit code 2 means that configuration or flags cannot be used.

    SETTINGS
      Each is a flag and an environment variable: --origin-timeout 20s is IDEMPOTENCY_ORIGIN_TIMEOUT=20s, and --config
      is IDEMPOTENCY_CONFIG. Flags are stronger than variables, variables stronger than the file; an empty variable
      counts as none. Defaults stand in brackets.

    \(SettingsCatalogue.settings.map(line).joined(separator: "\n"))

    """
  }

  private static func line(_ setting: Setting) -> String {
    let word =
      switch setting.form {
      case .single(let word), .several(let word): word
      }
    return "  \(CommandLineFlags.names[setting.path] ?? "") \(word)\n      \(setting.help)"
  }
}

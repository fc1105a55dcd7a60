import Configuration

/// The environment: every setting outside `policies` as `IDEMPOTENCY_…`.
enum EnvironmentVariables {
  private static let prefix = "IDEMPOTENCY_"

  /// The variable of each setting, by the setting's path: `IDEMPOTENCY_ORIGIN_CONNECTIONS_IDLE`.
  static let names: [String: String] = {
    let provider = EnvironmentVariablesProvider(environmentVariables: [:])
    let pairs = SettingsCatalogue.settings.map { ($0.path, lookUp($0.components, in: provider)?.encodedKey ?? "") }
    return Dictionary(uniqueKeysWithValues: pairs)
  }()

  /// A variable's value, nil when it is not set.
  static func value(of components: [String], in provider: EnvironmentVariablesProvider) -> String? {
    guard case .string(let text)? = lookUp(components, in: provider)?.value?.content else { return nil }
    return text
  }

  private static func lookUp(_ components: [String], in provider: EnvironmentVariablesProvider) -> LookupResult? {
    try? provider.value(forKey: AbsoluteConfigKey(["idempotency"] + components), type: .string)
  }

  /// The variables that begin as ours do and are none.
  static func errors(in environment: [String: String]) -> [ConfigurationError] {
    #if DEBUG
      // The second is no setting, but where a test lets the process die: ``Idempotency/CrashPoint``.
      let others = ["\(prefix)CONFIG", "\(prefix)CRASH_AT"]
    #else
      let others = ["\(prefix)CONFIG"]
    #endif
    let known = Set(names.values).union(others)
    let unknown = environment.filter {
      $0.key.hasPrefix(prefix) && !known.contains($0.key) && !isServiceLink($0.key, $0.value)
    }
    return unknown.keys.map { name in
      let nearest = SettingsCatalogue.nearest(name, among: known.sorted()).map { "\($0)?" }
      let reason = "is not a setting; expected \(nearest ?? "one that --help lists")"
      return ConfigurationError(location: .variable(ErrorText.shown(name)), path: "", reason: reason)
    }
  }

  /// Whether Kubernetes made the variable, which it does in every pod for every service of the namespace: one that is
  /// called `idempotency-worker` gives `IDEMPOTENCY_WORKER_SERVICE_HOST`, `IDEMPOTENCY_WORKER_PORT=tcp://…` and more.
  private static func isServiceLink(_ name: String, _ value: String) -> Bool {
    if name.hasSuffix("_PORT"), ["tcp://", "udp://", "sctp://"].contains(where: value.hasPrefix) { return true }
    return name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT")
      || name.wholeMatch(of: /IDEMPOTENCY(_.+)?_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?/) != nil
  }
}

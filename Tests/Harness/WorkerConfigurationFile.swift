import Idempotency
import NIOCore

/// The configuration file of a worker process, written out of what a test says in Swift.
struct WorkerConfigurationFile: Sendable {
  var options: ClusterOptions
  var redisPort: Int
  /// How Redis is found where it is not at ``redisPort`` in plain text.
  var redisURL: String?
  /// The certificate that Redis must show.
  var redisCertificateFile: String?
  var prefix: String
  var originPort: Int
  var workerID: String
  /// The file that holds ``ClusterOptions/pepper``.
  var pepperFile: String?
  /// The file that holds ``ClusterOptions/tokenKeys``.
  var tokenKeysFile: String?

  /// How long the origin may be silent where no policy says so.
  ///
  /// No test lets it wait that long: only a fault reaches it.
  private static let originTimeout = Duration.seconds(30)

  /// The file.
  ///
  /// - Throws: ``HarnessError`` for what Swift can say and the file cannot.
  func yaml() throws -> String {
    let originTimeout = try common(\.execution.originTimeout, "originTimeout") ?? Self.originTimeout
    let onUnavailable = try common(\.execution.onUnavailable, "onUnavailable") ?? .reject
    let drainTimeout = max(options.limits.drainTimeout, originTimeout + .milliseconds(1))
    var lines = [
      "listen: 127.0.0.1:0", "admin: 127.0.0.1:0", "workerId: \(workerID.yaml)",
      "origin: http://127.0.0.1:\(originPort)", "originTimeout: \(originTimeout.yaml)",
      "drainTimeout: \(drainTimeout.yaml)",
      "logging: { level: notice, format: json }",
      "unmatchedKey: \(options.unmatchedKey == .reject ? "reject" : "ignore")",
      "store:", "  redis: \((redisURL ?? "redis://127.0.0.1:\(redisPort)/0").yaml)", "  prefix: \(prefix.yaml)",
      "  timeout: \(Duration(options.storeTimeout).yaml)", "  settle: \(Duration(options.settle).yaml)",
      "  onUnavailable: \(onUnavailable == .execute ? "execute" : "reject")",
      "principal:", "  challenge: \(options.challenge.yaml)",
      "  missing: \(options.sharesUnidentified ? "shared" : "reject")",
    ]
    // Behind the lines of `store`.
    let store = lines.index(after: lines.firstIndex { $0.hasPrefix("  settle:") } ?? lines.startIndex)
    if let redisCertificateFile { lines.insert("  tls: { caFile: \(redisCertificateFile.yaml) }", at: store) }
    if let bytes = options.putBackBytes { lines.insert("  putBack: { bytes: \(bytes)B }", at: store) }
    if let tokenKeysFile {
      lines.append("  jwt: { keysFile: \(tokenKeysFile.yaml) }")
    } else {
      lines.append("  headers: \(options.principal.yaml)")
    }
    if let pepperFile { lines.append("  pepperFile: \(pepperFile.yaml)") }
    lines.append("policies:")
    for policy in options.policies { lines += policy.yaml }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What all policies say: the file says it once for all of them.
  private func common<Value: Equatable>(_ path: KeyPath<IdempotencyPolicy, Value>, _ name: String) throws -> Value? {
    let values = options.policies.map { $0[keyPath: path] }
    guard values.allSatisfy({ $0 == values.first }) else {
      throw HarnessError("a worker has one \(name) for all policies")
    }
    return values.first
  }

  private func common<Value: Equatable>(_ path: KeyPath<IdempotencyPolicy, Value?>, _ name: String) throws -> Value? {
    let value: Value?? = try common(path, name)
    return value ?? nil
  }
}

extension IdempotencyPolicy {
  fileprivate var yaml: [String] {
    var match = "{ methods: \(methods.sorted().yaml), path: \(path.description.yaml)"
    if let host { match += ", host: \(host.yaml)" }
    match += ", trailingSlash: \(isTrailingSlashSignificant ? "significant" : "ignore")"
    match += ", caseSensitive: \(isCaseSensitive) }"
    var lines = ["- name: \(name.yaml)", "  keyspace: \(keyspace.yaml)", "  match: \(match)"]
    lines.append(
      "  key: { \(keySource.yaml), format: \(keyFormat.rawValue), required: \(isKeyRequired), strict: \(isKeyStrict) }")
    lines.append("  scope: \(scope.map(\.text).yaml)")
    lines.append("  fingerprint: \(fingerprint.yaml)")
    lines += execution.yaml.map { "  \($0)" }
    lines.append("  results: \(results.yaml)")
    lines.append(
      "  statuses: { mismatch: \(statuses.mismatch), inProgress: \(statuses.inProgress), "
        + "uncertain: \(statuses.uncertain), notRetained: \(statuses.notRetained) }")
    lines.append("  limits: { requestBody: \(limits.requestBody)B, responseBody: \(limits.responseBody)B }")
    lines.append("  replay: { marker: \(replayMarker.yaml), withhold: \(withheld.sorted().yaml) }")
    return lines.map { "  \($0)" }
  }
}

extension ExecutionPolicy {
  fileprivate var yaml: [String] {
    var lines = ["onMismatch: \(onMismatch == .replay ? "replay" : "reject")"]
    if case .wait(let bound) = onInProgress { lines += ["onInProgress: wait", "waitUpTo: \(bound.yaml)"] }
    lines += ["onUnknownOutcome: \(unknownOutcome.text)", "lateAnswer: \(lateAnswer.yaml)", "lease: \(lease.yaml)"]
    return lines + ["retention: \(retention.yaml)", "uncertainRetention: \(uncertainRetention.yaml)"]
  }
}

extension UnknownOutcome {
  /// As the configuration writes it.
  var text: String {
    switch self {
    case .hold: "hold"
    case .store: "store"
    case .executeAgain: "execute-again"
    }
  }
}

extension KeySource {
  fileprivate var yaml: String {
    switch self {
    case .header(let name): "header: \(name.yaml)"
    case .body(let pointer): "body: \(pointer.description.yaml)"
    case .path(let parameter): "path: \(parameter.yaml)"
    case .derive(let derivation):
      "derive: "
        + derivation.sources.map { source in
          switch source {
          case .principal: "principal"
          case .pointer(let pointer): pointer.description
          }
        }.yaml
    }
  }
}

extension ScopeEntry {
  fileprivate var text: String {
    switch self {
    case .principal: "principal"
    case .path: "path"
    case .authority: "authority"
    case .header(let name): "header:\(name)"
    }
  }
}

extension FingerprintSettings {
  fileprivate var yaml: String {
    "{ body: \(bodyForm.rawValue), fields: \(fields.map(\.description).yaml), "
      + "ignore: \(ignore.map(\.description).yaml), target: \(target), headers: \(headers.yaml) }"
  }
}

extension ResultsTable {
  /// A list that is its default is not given: to give it can mean something else.
  fileprivate var yaml: String {
    let usual = ResultsTable.default
    var entries: [String] = []
    if stored != usual.stored { entries.append("stored: \(stored.map(\.description).yaml)") }
    if released != usual.released { entries.append("released: \(released.map(\.description).yaml)") }
    if uncertain != usual.uncertain { entries.append("uncertain: \(uncertain.map(\.description).yaml)") }
    return "{ \(entries.joined(separator: ", ")) }"
  }
}

extension String {
  /// In quotes, as YAML takes it.
  fileprivate var yaml: String {
    "\"" + replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

extension [String] {
  fileprivate var yaml: String { "[\(map(\.yaml).joined(separator: ", "))]" }
}

extension Duration {
  /// Whole milliseconds, as the configuration and the wallet's flags take them.
  var yaml: String {
    let (seconds, attoseconds) = components
    return "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)ms"
  }
}

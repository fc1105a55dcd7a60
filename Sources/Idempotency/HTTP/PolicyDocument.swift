internal import NIOCore

/// What a service publishes about its keys, as the draft standard requires of a service (rule E15).
struct PolicyDocument: Sendable {
  /// Where it is published; problem types point into it.
  static let path = "/.well-known/idempotency"

  /// The answer to a GET.
  let answer: HTTPAnswer

  init(_ policies: [IdempotencyPolicy]) {
    let json = "{\"policies\":[" + policies.map(Self.json).joined(separator: ",") + "]}"
    answer = HTTPAnswer(
      status: 200,
      fields: [
        .init(name: "Content-Type", value: "application/json"),
        // An hour: policies change with deployments, and a client that caches longer would not notice one.
        .init(name: "Cache-Control", value: "max-age=3600"),
      ], body: .bytes(ByteBuffer(string: json)), label: nil)
  }

  private static func json(_ policy: IdempotencyPolicy) -> String {
    let execution = policy.execution
    var members = [("name", JSONText.string(policy.name))]
    if let host = policy.host { members.append(("host", JSONText.string(host))) }
    members += [
      ("methods", JSONText.strings(policy.methods.sorted())),
      ("path", JSONText.string(policy.path.description)),
      ("key", key(policy)),
      ("fingerprint", JSONText.string(policy.fingerprint.bodyForm.rawValue)),
      ("retention_seconds", String(execution.retention.components.seconds)),
      ("on_mismatch", execution.onMismatch == .reject ? "\"reject\"" : "\"replay\""),
    ]
    switch execution.onInProgress {
    case .reject: members.append(("on_in_progress", "\"reject\""))
    case .wait(let bound):
      members += [("on_in_progress", "\"wait\""), ("wait_seconds", seconds(bound))]
    }
    members += [
      ("on_unknown_outcome", JSONText.string(name(of: execution.unknownOutcome))),
      ("stored", JSONText.strings(policy.results.stored.map { $0.description })),
      ("released", JSONText.strings(policy.results.released.map { $0.description })),
      ("uncertain", JSONText.strings(policy.results.uncertain.map { $0.description })),
    ]
    return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }

  /// Where the key comes from, as the configuration says it, and what it must look like.
  private static func key(_ policy: IdempotencyPolicy) -> String {
    let source =
      switch policy.keySource {
      case .header(let name): "\"header\":" + JSONText.string(name)
      case .body(let pointer): "\"body\":" + JSONText.string(pointer.description)
      case .path(let parameter): "\"path\":" + JSONText.string(parameter)
      case .derive(let derivation): "\"derive\":" + JSONText.strings(derivation.sources.map { name(of: $0) })
      }
    return """
      {\(source),"format":\(JSONText.string(policy.keyFormat.rawValue)),"required":\(policy.isKeyRequired),\
      "strict":\(policy.isKeyStrict),"maximum_bytes":\(IdempotencyKey.maximumByteCount)}
      """
  }

  private static func name(of source: KeyDerivation.Source) -> String {
    switch source {
    case .principal: "principal"
    case .pointer(let pointer): pointer.description
    }
  }

  /// A duration in seconds as a JSON number, exact to the millisecond.
  private static func seconds(_ duration: Duration) -> String {
    let (seconds, rest) = duration.milliseconds.quotientAndRemainder(dividingBy: 1_000)
    return rest == 0 ? String(seconds) : "\(seconds)." + String(1_000 + rest).dropFirst()
  }

  /// As the configuration calls it.
  private static func name(of outcome: UnknownOutcome) -> String {
    switch outcome {
    case .hold: "hold"
    case .store: "store"
    case .executeAgain: "execute-again"
    }
  }
}

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
    let members = [
      ("name", JSONText.string(policy.name)),
      ("methods", JSONText.strings(policy.methods.sorted())),
      ("path", JSONText.string(policy.path.description)),
      (
        "key",
        """
        {"header":"Idempotency-Key","format":\(JSONText.string(policy.keyFormat.rawValue)),\
        "required":\(policy.isKeyRequired),"strict":\(policy.isKeyStrict),"maximum_bytes":\(IdempotencyKey.maximumByteCount)}
        """
      ),
      ("fingerprint", JSONText.string(policy.fingerprint.bodyForm.rawValue)),
      ("retention_seconds", String(execution.retention.components.seconds)),
      ("on_mismatch", execution.onMismatch == .reject ? "\"reject\"" : "\"replay\""),
      ("on_unknown_outcome", JSONText.string(name(of: execution.unknownOutcome))),
      ("stored", JSONText.strings(policy.results.stored.map { $0.description })),
      ("released", JSONText.strings(policy.results.released.map { $0.description })),
      ("uncertain", JSONText.strings(policy.results.uncertain.map { $0.description })),
    ]
    return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
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

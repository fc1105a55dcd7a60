import Idempotency

/// What a reload replaces at once: the policies in force, and who is calling.
final class Site: Sendable {
  let policies: PolicySet
  let principals: PrincipalResolver?
  let metrics: StatusTable
  /// Replay markers that policies chose beside the usual one, in lower case: an origin has no say over them (rule A6).
  let markers: [String]
  /// Request fields that decide who calls, which key it is, its scope, or what the same request is; in lower case.
  ///
  /// What is checked must be what the origin sees: no client takes them away or says them twice (rules W2, W3, W6).
  let relied: Set<String>
  /// Fields that ask an origin to read another method than the one that was checked are not passed on (rule W12).
  let dropsMethodOverride: Bool
  private let indices: [String: Int]

  init(policies: PolicySet, principals: PrincipalResolver?, metrics: StatusTable, dropsMethodOverride: Bool) {
    self.policies = policies
    self.principals = principals
    self.metrics = metrics
    self.dropsMethodOverride = dropsMethodOverride
    markers = Set(policies.policies.map { $0.replayMarker.lowercased() }).subtracting(["idempotent-replayed"]).sorted()
    relied = Set(policies.policies.flatMap(\.reliedFields) + (principals?.fieldNames ?? []))
    indices = Dictionary(
      policies.policies.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// A policy's place in the set; nil for no policy.
  func index(of policy: IdempotencyPolicy?) -> Int? {
    policy.flatMap { indices[$0.name] }
  }

  /// Whether only this layer may send this field to a client.
  func isLayerField(_ line: FieldLine, of fields: FieldLines) -> Bool {
    if line.known == .layer, FieldName.isLayerField(fields.name(line)) { return true }
    if line.known == .alias { return true }
    return !markers.isEmpty && markers.contains(fields.readName(line))
  }
}

extension IdempotencyPolicy {
  /// The request fields that this policy relies on, in lower case.
  var reliedFields: [String] {
    var names = fingerprint.headers
    if case .header(let name) = keySource { names.append(name.lowercased()) }
    for case .header(let name) in scope { names.append(name.lowercased()) }
    return names
  }
}

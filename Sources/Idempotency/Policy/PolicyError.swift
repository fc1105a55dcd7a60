/// Why a policy cannot be used.
public struct PolicyError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The policy's name.
  public let policy: String
  /// What is wrong, and what was expected.
  public let reason: String

  /// Makes an error.
  public init(policy: String, reason: String) {
    self.policy = policy
    self.reason = reason
  }

  /// Both in a sentence.
  public var description: String { "policy \(policy): \(reason)" }
}

extension IdempotencyPolicy {
  /// Whether a lenient router may take this path for one that the policy guards (rule A1).
  func isAmbiguous(_ path: CanonicalPath) -> Bool {
    self.path.isAmbiguous(path, caseSensitive: isCaseSensitive)
  }

  /// Whether the policy's path matches one that is decoded already.
  func matches(reading: [UInt8]) -> Bool { path.matches(reading: reading, caseSensitive: isCaseSensitive) }

  /// Tests what types cannot.
  func validate() throws(PolicyError) {
    func require(_ condition: Bool, _ reason: String) throws(PolicyError) {
      if !condition { throw PolicyError(policy: name, reason: reason) }
    }
    try require(RecordKey.isName(keyspace), "keyspace must be 1 to 64 of A-Z a-z 0-9 . _ -")
    try require(!methods.isEmpty, "methods must not be empty")
    try require(hostAuthority?.isPlain ?? true, "host must be a name or an address in its plain spelling")
    try validateKeySource()
    let execution = execution
    try require(execution.lease >= ExecutionPolicy.leases.lowerBound, "lease must be at least 30ms")
    try require(execution.lease <= ExecutionPolicy.leases.upperBound, "lease must be at most 24h")
    try require(execution.retention >= execution.lease * 2, "retention must be at least two leases")
    try require(execution.uncertainRetention >= execution.lease * 2, "uncertainRetention must be at least two leases")
    try require(limits.requestBody >= 0 && limits.responseBody >= 0, "limits must not be negative")
    if case .wait(let bound) = execution.onInProgress {
      try require(bound > .zero, "waitUpTo must be more than nothing")
    }
    let codes = [statuses.mismatch, statuses.inProgress, statuses.uncertain, statuses.notRetained]
    try require(codes.allSatisfy { (200...599).contains($0) }, "statuses must be from 200 to 599")
  }

  private func validateKeySource() throws(PolicyError) {
    func require(_ condition: Bool, _ reason: String) throws(PolicyError) {
      if !condition { throw PolicyError(policy: name, reason: reason) }
    }
    switch keySource {
    case .header(let field):
      return try require(FieldGrammar.isToken(field), "key.header must be a field name (RFC 9110 section 5.1)")
    case .body: break
    case .path(let parameter):
      try require(
        path.parameterNames.contains(parameter), "key.path must name a parameter of the path \(path.description)")
    case .derive(let derivation):
      try require(!derivation.sources.isEmpty, "key.derive must name at least one source")
      try require(keyFormat == .any, "key.format cannot be set for a key that is derived")
    }
    try require(!isKeyStrict, "key.strict is about a key in a field")
  }

  /// Whether its keys belong to callers, or are made of them.
  var needsPrincipal: Bool { scope.contains(.principal) || keySource.namesPrincipal }

  /// Whether an answer belongs to one caller, as far as scope and key say: a request field in the scope may name one.
  var isForOneCaller: Bool {
    needsPrincipal || scope.contains { if case .header = $0 { true } else { false } }
  }
}

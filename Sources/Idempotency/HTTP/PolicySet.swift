/// The policies of a service, in order: the first that matches wins.
///
/// A class, because every request that is guarded holds it: passing it on costs one reference, a policy some dozens.
public final class PolicySet: Sendable {
  /// The policies.
  public let policies: [IdempotencyPolicy]
  /// Keys the hashes of principals and fingerprints.
  public let pepper: Pepper
  /// What becomes of a key on a request that no policy matches.
  public let unmatchedKey: UnmatchedKey
  /// The scheme that a 401 names in WWW-Authenticate (rule A5).
  public let challenge: String
  /// How each keyspace derives its keys and fingerprints (rule F11), in the order of the policies, with the principal's
  /// fields that the set was made with.
  public let derivations: [KeyspaceDerivation]
  /// The policies' ``IdempotencyPolicy/replayMarker``, in lower case as names are compared.
  let replayMarkers: [String]
  /// Whether any policy guards one host only.
  let namesHosts: Bool
  let document: PolicyDocument
  let scopes: ScopeCache
  let index: PolicyIndex

  /// What becomes of a key on a POST or PATCH that no policy matches.
  public enum UnmatchedKey: Sendable, Hashable {
    /// The request is forwarded (rule A4).
    case ignore
    /// The request is refused with 400.
    case reject
  }

  /// Makes a set.
  /// - Parameters:
  ///   - policies: The policies, in order.
  ///   - pepper: Keys the hashes of principals and fingerprints.
  ///   - unmatchedKey: What becomes of a key on a request that no policy matches.
  ///   - challenge: The scheme that a 401 names.
  ///   - principalFields: The names of the fields that say who is calling, in order; part of ``derivations`` where a
  ///     policy's scope or key names the principal.
  /// - Throws: ``PolicyError`` where policies contradict themselves or each other.
  public init(
    _ policies: [IdempotencyPolicy], pepper: Pepper = .default, unmatchedKey: UnmatchedKey = .ignore,
    challenge: String = "ApiKey", principalFields: [String] = []
  ) throws(PolicyError) {
    var derivations: [KeyspaceDerivation] = []
    var firstOfKeyspace: [String: IdempotencyPolicy] = [:]
    for policy in policies {
      try policy.validate()
      guard let earlier = firstOfKeyspace[policy.keyspace] else {
        firstOfKeyspace[policy.keyspace] = policy
        derivations.append(KeyspaceDerivation(policy, principalFields: principalFields, pepper: pepper))
        continue
      }
      guard earlier.derivesAlike(policy) else {
        throw PolicyError(
          policy: policy.name,
          reason: "shares keyspace \(policy.keyspace) with policy \(earlier.name), and would derive keys or "
            + "fingerprints otherwise: give it a keyspace of its own, or the same key source, format, scope and "
            + "fingerprint")
      }
    }
    self.policies = policies
    self.pepper = pepper
    self.unmatchedKey = unmatchedKey
    self.challenge = challenge
    self.derivations = derivations
    self.replayMarkers = policies.map { $0.replayMarker.lowercased() }
    self.namesHosts = policies.contains { $0.host != nil }
    self.document = PolicyDocument(policies)
    self.scopes = ScopeCache(pepper: pepper)
    self.index = PolicyIndex(policies)
  }

  /// How each keyspace derives its keys and fingerprints (rule F11) where these fields say who is calling.
  ///
  /// - Parameter principalFields: The names of the fields, in order; they count where a policy's scope or key names the
  ///   principal.
  /// - Returns: One derivation for each keyspace, in the order of the policies.
  public func derivations(principalFields: [String]) -> [KeyspaceDerivation] {
    derivations.compactMap { derivation in
      policies.first { $0.keyspace == derivation.keyspace }
        .map { KeyspaceDerivation($0, principalFields: principalFields, pepper: pepper) }
    }
  }

  /// The answer to a request that must have a key and has none.
  func keyMissing(_ policy: IdempotencyPolicy) -> HTTPAnswer {
    ProblemDocument(.keyMissing, detail: policy.keySource.demand).httpAnswer()
  }

  /// The answer to a request whose caller nobody knows.
  ///
  /// The key is not consumed.
  func unidentified(_ reason: Unidentified) -> HTTPAnswer {
    if reason.isTemporary { return ProblemDocument(.notReady, detail: reason.detail).httpAnswer() }
    var document = ProblemDocument(.principalMissing, detail: reason.detail)
    var value = challenge
    // Parameters are a list; the configured challenge may have some of its own.
    if let more = reason.challenge { value += (challenge.contains(" ") ? ", " : " ") + more }
    document.fields = [.init(name: "WWW-Authenticate", value: value)]
    return document.httpAnswer()
  }

  /// The answer to a guarded request whose body is larger than its policy's limit.
  ///
  /// The key is not consumed.
  public func tooLarge(_ policy: IdempotencyPolicy) -> HTTPAnswer {
    ProblemDocument(
      .requestTooLarge, detail: "The body of a request with a key may have \(policy.limits.requestBody) bytes."
    ).httpAnswer()
  }

  /// The answer while this node holds as many bytes of guarded requests as it may (rule W9).
  package func full() -> HTTPAnswer {
    ProblemDocument(
      .notReady,
      detail: "This node holds as many requests as it may. Nothing was executed. Send the same request, with the same "
        + "key, again."
    ).httpAnswer()
  }

  /// The answer while this node takes no guarded work.
  public func notReady() -> HTTPAnswer {
    ProblemDocument(.notReady, detail: "Nothing was executed. Send the same request, with the same key, again.")
      .httpAnswer()
  }
}

/// The policies of a service, in order: the first that matches wins.
public struct PolicySet: Sendable {
  /// The policies.
  public let policies: [IdempotencyPolicy]
  /// Keys the hashes of principals and fingerprints.
  public let pepper: Pepper
  /// What becomes of a key on a request that no policy matches.
  public let unmatchedKey: UnmatchedKey
  /// The scheme that a 401 names in WWW-Authenticate (rule A5).
  public let challenge: String
  let document: PolicyDocument

  /// What becomes of a key on a POST or PATCH that no policy matches.
  public enum UnmatchedKey: Sendable, Hashable {
    /// The request is forwarded (rule A4).
    case ignore
    /// The request is refused with 400.
    case reject
  }

  /// Makes a set.
  /// - Throws: ``PolicyError`` where policies contradict themselves or each other.
  public init(
    _ policies: [IdempotencyPolicy], pepper: Pepper = .default, unmatchedKey: UnmatchedKey = .ignore,
    challenge: String = "ApiKey"
  ) throws(PolicyError) {
    for (index, policy) in policies.enumerated() {
      try policy.validate()
      for earlier in policies[..<index] where earlier.keyspace == policy.keyspace && !earlier.derivesAlike(policy) {
        throw PolicyError(
          policy: policy.name,
          reason: "shares keyspace \(policy.keyspace) with policy \(earlier.name), and would derive keys or "
            + "fingerprints otherwise: give it a keyspace of its own, or the same format, scope and fingerprint")
      }
    }
    self.policies = policies
    self.pepper = pepper
    self.unmatchedKey = unmatchedKey
    self.challenge = challenge
    self.document = PolicyDocument(policies)
  }

  /// Decides from a request's head what is to be done with it.
  ///
  /// The order is part of the contract: match, key, absent and optional, principal, size (then the body is read,
  /// and the store asked).
  /// - Parameters:
  ///   - head: The request.
  ///   - principal: Who is calling, asked only where a policy's scope names it; nil where nobody can tell.
  /// - Returns: Whether it is guarded, let through, or answered here.
  public func admit(_ head: HTTPRequestHead, principal: () -> Principal?) -> Admission {
    let path = CanonicalPath(target: head.target)
    if head.method == "GET", path.text == PolicyDocument.path { return .answer(document.answer, policy: nil) }
    if let policy = policies.first(where: { $0.methods.contains(head.method) && $0.isAmbiguous(path) }) {
      return refuse(.pathAmbiguous, "Routers read this path in different ways. Send it in its plain form.", policy)
    }
    guard let policy = policies.first(where: { $0.matches(method: head.method, path: path) }) else {
      return unmatched(head)
    }
    let key: IdempotencyKey?
    do {
      key = try KeyParser(format: policy.keyFormat, strict: policy.isKeyStrict).parse(fieldLines: head.keyLines)
    } catch {
      return refuse(.keyMalformed, error.reason, policy)
    }
    guard let key else {
      guard policy.isKeyRequired else { return .pass(ignoredKey: false) }
      return refuse(.keyMissing, "This operation requires an Idempotency-Key field.", policy)
    }
    var caller = Principal.shared
    if policy.scope.contains(.principal) {
      guard let known = principal() else { return unidentified(policy) }
      caller = known
    }
    if let length = head.contentLength, length > policy.limits.requestBody {
      return .answer(tooLarge(policy), policy: policy)
    }
    return .guarded(GuardedRequest(head: head, path: path, policy: policy, key: key, principal: caller, pepper: pepper))
  }

  private func unmatched(_ head: HTTPRequestHead) -> Admission {
    guard !head.keyLines.isEmpty else { return .pass(ignoredKey: false) }
    if unmatchedKey == .reject, head.method == "POST" || head.method == "PATCH" {
      return refuse(.keyUnexpected, "This operation takes no Idempotency-Key.", nil)
    }
    return .pass(ignoredKey: true)
  }

  private func unidentified(_ policy: IdempotencyPolicy) -> Admission {
    var document = ProblemDocument(.principalMissing, detail: "Keys belong to callers; this request names none.")
    document.fields = [.init(name: "WWW-Authenticate", value: challenge)]
    return .answer(document.httpAnswer(), policy: policy)
  }

  private func refuse(_ problem: Problem, _ detail: String, _ policy: IdempotencyPolicy?) -> Admission {
    .answer(ProblemDocument(problem, detail: detail).httpAnswer(), policy: policy)
  }

  /// The answer to a guarded request whose body is larger than its policy's limit.
  ///
  /// The key is not consumed.
  public func tooLarge(_ policy: IdempotencyPolicy) -> HTTPAnswer {
    ProblemDocument(
      .requestTooLarge, detail: "The body of a request with a key may have \(policy.limits.requestBody) bytes."
    ).httpAnswer()
  }

  /// The answer while this node takes no guarded work.
  public func notReady() -> HTTPAnswer {
    ProblemDocument(.notReady, detail: "Nothing was executed. Send the same request, with the same key, again.")
      .httpAnswer()
  }
}

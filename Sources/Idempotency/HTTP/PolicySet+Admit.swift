extension PolicySet {
  /// Decides from a request's head what is to be done with it.
  ///
  /// The order is part of the contract: match, key, absent and optional, principal, size (then the body is read,
  /// and the store asked). Where the key stands in the body, all but the match and the declared size waits for it.
  /// - Parameters:
  ///   - head: The request.
  ///   - principal: Who is calling, asked only where a policy's scope or key names it; nil where nobody can tell.
  /// - Returns: Whether it is guarded, let through, or answered here.
  public func admit(_ head: HTTPRequestHead, principal: () -> Principal?) -> Admission {
    admit(head, caller: { principal().map { .known($0) } ?? .unknown(.missing) })
  }

  /// Decides from a request's head what is to be done with it, and says why where nobody can tell who sent it.
  ///
  /// - Parameters:
  ///   - head: The request.
  ///   - caller: Who is calling, asked only where a policy's scope or key names the principal.
  /// - Returns: Whether it is guarded, let through, or answered here.
  public func admit(_ head: HTTPRequestHead, caller: () -> Caller) -> Admission {
    let path = CanonicalPath(target: head.target, readsOtherwise: index.has(head.method))
    if head.method == "GET", path.text == PolicyDocument.path { return .answer(document.answer, policy: nil) }
    // Read once: matched, hashed, and compared with other requests'.
    let named = path.authority.map { Authority($0, scheme: head.scheme) }
    let authority = named ?? head.authority
    if let policy = otherHost(head.method, authority, path) {
      return refuse(.hostAmbiguous, "Servers read this host in different ways. Name it in its plain form.", policy)
    }
    let matched = index.first(head.method, path) { policies[$0].match(authority, path) }
    if let policy = otherPolicy(head.method, authority, path, than: matched?.index) {
      return refuse(.pathAmbiguous, "Routers read this path in different ways. Send it in its plain form.", policy)
    }
    guard let matched else { return unmatched(head) }
    return admit(head, path, authority, matched.parameters, matched.index, caller)
  }

  /// A policy for one host that may be meant where a server reads the request's host otherwise, or takes its own where the
  /// request names none (rule W4).
  private func otherHost(_ method: String, _ authority: Authority?, _ path: CanonicalPath) -> IdempotencyPolicy? {
    guard namesHosts, !(authority?.isPlain ?? false) else { return nil }
    return policies.first { policy in
      policy.host != nil && policy.methods.contains(method)
        && (policy.match(policy.hostAuthority, path) != nil || policy.isAmbiguous(path)
          || path.otherReadings.contains(where: policy.matches(reading:)))
    }
  }

  /// The policy that guards what a lenient router may make of this path (rule A1).
  ///
  /// A suspicious path is refused if there is any; one that is merely read in two ways, if it is another one than guards
  /// the path as it is written. Where there are more readings than are looked at, any policy may be meant.
  private func otherPolicy(
    _ method: String, _ authority: Authority?, _ path: CanonicalPath, than matched: Int?
  ) -> IdempotencyPolicy? {
    if path.isSuspicious || path.hasTooManyReadings {
      return policies.first { $0.guards(method, authority) && $0.isAmbiguous(path) }
    }
    for reading in path.otherReadings {
      let index = policies.firstIndex { $0.guards(method, authority) && $0.matches(reading: reading) }
      if let index, index != matched { return policies[index] }
    }
    return nil
  }

  private func admit(
    _ head: HTTPRequestHead, _ path: CanonicalPath, _ authority: Authority?, _ parameters: PathPattern.Parameters,
    _ index: Int, _ caller: () -> Caller
  ) -> Admission {
    let policy = policies[index]
    let key: GuardedRequest.Key?
    do throws(KeyError) {
      key = try self.key(head, parameters, policy)
    } catch {
      return refuse(.keyMalformed, error.reason(policy.keySource), policy)
    }
    guard let key else {
      return policy.isKeyRequired ? .answer(keyMissing(policy), policy: policy) : .pass(ignoredKey: false)
    }
    let caller = policy.needsPrincipal ? caller() : .known(.shared)
    let request = GuardedRequest(
      head: head, path: path, authority: authority, policies: self, policyIndex: index, key: key, caller: caller)
    if case .unknown(let reason) = caller, request.hasKey { return .answer(unidentified(reason), policy: policy) }
    if let length = head.contentLength, length > policy.limits.requestBody {
      return .answer(tooLarge(policy), policy: policy)
    }
    return .guarded(request)
  }

  /// The key, or how it is to be found; nil where the head says that there is none.
  private func key(
    _ head: HTTPRequestHead, _ parameters: PathPattern.Parameters, _ policy: IdempotencyPolicy
  ) throws(KeyError) -> GuardedRequest.Key? {
    switch policy.keySource {
    case .header(let name):
      return try KeyParser(format: policy.keyFormat, strict: policy.isKeyStrict)
        .parse(fieldLines: head.lines(name.lowercased())).map { .known($0) }
    case .path(let name):
      return .known(try IdempotencyKey(parameter: name, of: parameters, format: policy.keyFormat))
    case .body(let pointer): return .inBody(BodyKeyReader(pointer: pointer, format: policy.keyFormat))
    case .derive(let derivation): return .derived(derivation)
    }
  }

  private func unmatched(_ head: HTTPRequestHead) -> Admission {
    guard !head.lines(FieldName.key).isEmpty else { return .pass(ignoredKey: false) }
    if unmatchedKey == .reject, head.method == "POST" || head.method == "PATCH" {
      return refuse(.keyUnexpected, "This operation takes no Idempotency-Key.", nil)
    }
    return .pass(ignoredKey: true)
  }

  private func refuse(_ problem: Problem, _ detail: String, _ policy: IdempotencyPolicy?) -> Admission {
    .answer(ProblemDocument(problem, detail: detail).httpAnswer(), policy: policy)
  }
}

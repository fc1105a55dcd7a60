internal import NIOCore

/// What an exchange is made of: key, fingerprint and scope.
extension GuardedRequest {
  /// The key; nil where there is none in the body.
  func key(in body: ByteBuffer) throws(BodyKeyError) -> IdempotencyKey? {
    switch key {
    case .known(let key): return key
    case .inBody(let reader): return try reader.key(in: body)
    case .derived(let derivation):
      // A caller whom nobody knows is refused once it is known that there is a key.
      let fields = if case .known(let principal) = caller { principal.entries } else { Principal.shared.entries }
      do throws(JSONError) {
        return try derivation.key(principal: fields, body: body, pepper: policies.pepper)
      } catch {
        throw .body(error)
      }
    }
  }

  /// The answer to a body or a key that is none.
  static func answer(_ error: BodyKeyError, source: KeySource) -> HTTPAnswer {
    switch error {
    case .body(let error): ProblemDocument(.requestMalformed, detail: error.description).httpAnswer()
    case .key(let error): ProblemDocument(.keyMalformed, detail: error.reason(source)).httpAnswer()
    }
  }

  /// What the request asks for.
  func fingerprint(of body: ByteBuffer) throws(JSONError) -> Fingerprint {
    let input = FingerprintInput(
      method: head.method, authority: authority, canonicalPath: path, query: query,
      headerValues: policy.fingerprint.headers.map { ($0, head.field($0)) }, body: body)
    return try Fingerprint.of(input, settings: policy.fingerprint, pepper: policies.pepper)
  }

  /// Whose key it is; remembered where it is all the caller's, and there is something to hash.
  func scope(of caller: Principal) -> Scope {
    if !caller.fields.isEmpty, policy.scope.count == 1, case .principal = policy.scope[0] {
      return policies.scopes.scope(of: caller)
    }
    return Scope(entries: scopeEntries(caller), pepper: policies.pepper)
  }

  /// What separates its keys from those of others.
  private func scopeEntries(_ caller: Principal) -> [(name: String, value: String?)] {
    var entries: [(name: String, value: String?)] = []
    entries.reserveCapacity(policy.scope.count + caller.fields.count)
    for entry in policy.scope {
      switch entry {
      case .principal: entries += caller.entries
      case .path: entries.append(("path", path))
      case .authority: entries.append(("authority", authority?.text))
      case .header(let name): entries.append((name.lowercased(), head.field(name.lowercased())))
      }
    }
    return entries
  }
}

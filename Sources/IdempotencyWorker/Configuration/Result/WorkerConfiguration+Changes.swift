import Idempotency

extension WorkerConfiguration {
  /// The settings that differ from another configuration's and take effect only with a restart, as the file names them.
  ///
  /// Policies, principal, unmatchedKey, dropMethodOverride and logging are not among them: a reload applies these.
  func settingsNeedingRestart(comparedTo old: WorkerConfiguration) -> [String] {
    let changes: [(name: String, isChanged: Bool)] = [
      ("listen", listen != old.listen),
      ("tls", tls != old.tls),
      ("clientTimeouts", clientTimeouts != old.clientTimeouts),
      ("limits", limits != old.limits),
      ("trustedProxies", trustedProxies != old.trustedProxies),
      ("drainTimeout", drainTimeout != old.drainTimeout),
      ("workerId", workerID != old.workerID),
      ("admin", admin != old.admin),
      ("adminTokenFile", adminTokenFile != old.adminTokenFile),
      ("origin", origin != old.origin),
      ("originTls", originTLS != old.originTLS),
      ("originTimeout", originTimeout != old.originTimeout),
      ("originConnections", originConnections != old.originConnections),
      ("store", store != old.store),
      ("audit", audit != old.audit),
    ]
    return changes.filter(\.isChanged).map(\.name)
  }

  /// What the configuration may ask for though this version cannot do it, a sentence each; a worker does not start.
  var unavailableFeatures: [String] {
    var settings: [String] = []
    switch store.kind {
    case .sentinel: settings.append("store.sentinel")
    case .cluster: settings.append("store.cluster")
    case .redis, .memory: break
    }
    if store.durability.replicas > 0 { settings.append("store.durability.replicas") }
    if audit.isEnabled { settings.append("audit.enabled") }
    if adminTokenFile != nil { settings.append("adminTokenFile") }
    return settings.map { "\($0): not available in this version" }
  }

  /// What is allowed and yet worth knowing, a sentence each.
  var notes: [String] {
    var notes = unavailableFeatures
    if store.kind == .memory { notes.append("store.memory: one process, nothing shared: development only") }
    if store.onUnavailable == .execute {
      notes.append("store.onUnavailable: execute makes duplicates possible while the store is away")
    }
    if !dropsMethodOverride, let policy = policies.first(where: { $0.methods != ["POST"] }) ?? policies.first {
      let method = policy.methods.sorted().first { $0 != "POST" } ?? "POST"
      notes.append(
        "dropMethodOverride: false passes X-HTTP-Method-Override on; an origin that reads it may run \(method), which "
          + "policy \(policy.name) guards, for a request of another method that nothing guards")
    }
    if !origin.isTLS, originTLS != ClientTLS() { notes.append("originTls: without effect, because origin is http") }
    if let principal, principal.missing == .shared {
      notes.append("principal.missing: callers that are not identified share one scope")
    }
    if let principal, principal.pepperFile == nil {
      notes.append("principal.pepperFile: without it anyone who reads the store can test guesses of a principal")
    }
    if case .jwt(let jwt)? = principal?.source { notes += jwt.notes }
    return notes
  }
}

extension JWTSettings {
  /// What is allowed and yet worth knowing, a sentence each.
  fileprivate var notes: [String] {
    var notes: [String] = []
    if issuer == nil { notes.append("principal.jwt.issuer: without it a token of any issuer with these keys counts") }
    if audience.isEmpty {
      notes.append("principal.jwt.audience: without it a token that was made for another service names its caller here")
    }
    if !requiresExpiry { notes.append("principal.jwt.requireExpiry: a token without exp names its caller for ever") }
    return notes
  }
}

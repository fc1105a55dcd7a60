/// Every setting outside `policies`, once: what the file may hold, and what flags and variables there are.
///
/// A test holds it against the example file.
enum SettingsCatalogue {
  /// The settings, in the order of the example file.
  static let settings: [Setting] =
    listener + origin + store + principal + [
      .single("unmatchedKey", "ignore|reject", "a POST or PATCH with a key that no policy matches (ignore)"),
      .single("audit.enabled", "true|false", "record operations in the stream PREFIX:audit (false)"),
      .single("audit.maxEntries", "N", "how many entries the stream keeps (1000000)"),
      .single("logging.level", "LEVEL", "trace, debug, info, notice, warning, error or critical (info)"),
      .single("logging.format", "json|text", "how a log line is written (json)"),
    ]

  private static let listener: [Setting] = [
    .single("listen", "ADDRESS", "public listener: host:port, [ipv6]:port or unix:/path (127.0.0.1:8080)"),
    .single("tls.certificateFile", "FILE", "the public listener's certificate chain"),
    .single("tls.keyFile", "FILE", "its private key"),
    .single("tls.clientCaFile", "FILE", "authorities of client certificates"),
    .single("clientTimeouts.header", "DURATION", "for a request's head (10s)"),
    .single("clientTimeouts.body", "DURATION", "between two reads of a request's body (30s)"),
    .single("clientTimeouts.idle", "DURATION", "between two requests (60s)"),
    .single("limits.headerBytes", "SIZE", "the largest head of a request (32KiB)"),
    .single("limits.connections", "N", "open connections at once (10000)"),
    .single("limits.heldBytes", "SIZE", "guarded requests and answers in memory; beyond it 503 (256MiB)"),
    .several("trustedProxies", "ADDRESS,…", "peers whose Forwarded and X-Forwarded-* are kept (none)"),
    .single("dropMethodOverride", "true|false", "do not pass X-HTTP-Method-Override and its kin on (true)"),
    .single("drainTimeout", "DURATION", "for running requests on SIGTERM; longer than originTimeout (35s)"),
    .single("workerId", "NAME", "what this worker is called (host name and process id)"),
    .single("admin", "ADDRESS|off", "health, metrics and admin API; never expose it (127.0.0.1:8081)"),
    .single("adminTokenFile", "FILE", "token of the admin API (none: health and metrics only)"),
  ]

  private static let origin: [Setting] = [
    .single("origin", "URL", "where every request is forwarded: http://host:port or https://host:port"),
    .single("originTls.caFile", "FILE", "authorities of the origin's certificate (the system's)"),
    .single("originTls.certificateFile", "FILE", "certificate to show to the origin"),
    .single("originTls.keyFile", "FILE", "its private key"),
    .single("originTls.verify", "true|false", "verify the origin's certificate (true)"),
    .single("originTimeout", "DURATION", "how long the origin may be silent (30s)"),
    .single("originConnections.perLoop", "N", "connections for each event loop (256)"),
    .single("originConnections.perCaller", "N", "of them for one caller's guarded requests (three quarters)"),
    .single("originConnections.idle", "DURATION", "how long one is kept unused (3s)"),
    .single("originConnections.connectTimeout", "DURATION", "how long one may take to be made (2s)"),
  ]

  private static let store: [Setting] = [
    .single("store", "memory|URL", "short for store.memory or store.redis"),
    .single("store.redis", "URL", "redis://, rediss:// or unix:/path; prefer store.passwordFile to a password here"),
    .single("store.sentinel.master", "NAME", "the master's name at the sentinels"),
    .several("store.sentinel.nodes", "ADDRESS,…", "the sentinels"),
    .single("store.sentinel.user", "NAME", "ACL user for the sentinels"),
    .single("store.sentinel.passwordFile", "FILE", "the sentinels' password"),
    .several("store.cluster.nodes", "ADDRESS,…", "some nodes of a cluster"),
    .single("store.user", "NAME", "ACL user (default)"),
    .single("store.passwordFile", "FILE", "the store's password"),
    .single("store.tls.caFile", "FILE", "authorities of the store's certificate (the system's)"),
    .single("store.tls.certificateFile", "FILE", "certificate to show to the store"),
    .single("store.tls.keyFile", "FILE", "its private key"),
    .single("store.tls.verify", "true|false", "verify the store's certificate (true)"),
    .single("store.database", "N", "database number (0)"),
    .single("store.prefix", "NAME", "what every key begins with; one for each service (idem)"),
    .single("store.timeout", "DURATION", "for one store operation (500ms)"),
    .single("store.settle", "DURATION", "how long nothing is reserved on a changed Redis (5s)"),
    .single("store.putBack.window", "DURATION", "put back what was done so long before Redis was lost (5s)"),
    .single("store.putBack.bytes", "SIZE", "what is remembered for that at most (64MiB)"),
    .single("store.connections", "N", "connections for each event loop (1)"),
    .single("store.durability.replicas", "N", "replicas that must have a write before it counts (0)"),
    .single("store.durability.timeout", "DURATION", "how long they are waited for (100ms)"),
    .single("store.onUnavailable", "reject|execute", "before execution: 503, or run unguarded (reject)"),
  ]

  private static let principal: [Setting] = [
    .several("principal.headers", "NAME,…", "fields that together name the caller"),
    .single("principal.jwt.header", "NAME", "the field that holds the token (authorization)"),
    .several("principal.jwt.claims", "NAME,…", "claims that together name the caller (iss,sub)"),
    .single("principal.jwt.keysFile", "FILE", "JWK set that tokens are verified with"),
    .single("principal.jwt.keysUrl", "URL", "where that set is fetched from instead, again and again"),
    .single("principal.jwt.keysCaFile", "FILE", "authorities of that address's certificate (the system's)"),
    .single("principal.jwt.issuer", "TEXT", "who must have made a token: its iss (anybody who has the keys)"),
    .several("principal.jwt.audience", "TEXT,…", "for whom it must be: one of its aud (anybody)"),
    .several("principal.jwt.types", "TYPE,…", "its typ; an empty one for none (JWT,at+jwt,)"),
    .single("principal.jwt.requireExpiry", "true|false", "a token must say when it expires (true)"),
    .single("principal.jwt.leeway", "DURATION", "how far clocks may be apart (60s before a token's time, 0s after)"),
    .single("principal.stableCredential", "true|false", "authorization may name the caller (false)"),
    .single("principal.missing", "reject|shared", "a caller without it: 401, or one scope for all (reject)"),
    .single("principal.challenge", "SCHEME", "scheme of WWW-Authenticate on that 401 (ApiKey; Bearer with jwt)"),
    .single("principal.pepperFile", "FILE", "secret that keys the hashes of principals and fingerprints"),
  ]
}

extension ServerFacts {
  /// What the protocol needs of a server.
  ///
  /// - Parameter address: The server's, for the message.
  /// - Throws: ``RedisStoreError``, which says what to change.
  func check(address: String) throws(RedisStoreError) {
    try checkVersion(address)
    guard self["loading"] != "1" else {
      throw RedisStoreError(.loading, "Redis at \(address) is loading its data set: wait until it has")
    }
    let policy = self["maxmemory_policy"]
    guard policy == "noeviction" else {
      throw RedisStoreError(
        .evicts,
        "Redis at \(address) evicts keys (maxmemory-policy \(policy.isEmpty ? "unknown" : policy)), live leases "
          + "first: set `maxmemory-policy noeviction`, or use a Redis of its own for idempotency records")
    }
    guard !identity.runID.isEmpty else {
      throw RedisStoreError(
        .infoRefused,
        "Redis at \(address) hides its run_id from INFO, so a restart that lost records would go unnoticed: connect "
          + "to the server itself, not to a proxy")
    }
    guard hasReplicationID else {
      throw RedisStoreError(
        .infoRefused,
        "Redis at \(address) has no master_replid in INFO, so a promotion that lost records would go unnoticed: every "
          + "Redis since 4.0 and every Valkey has one, so connect to such a server itself, not to a proxy")
    }
    guard self["role"] == "master" else {
      throw RedisStoreError(
        .notPrimary,
        "Redis at \(address) is a \(self["role"]) of \(self["master_host"]):\(self["master_port"]): point the "
          + "store at the primary, or promote this one with `REPLICAOF NO ONE`")
    }
  }

  /// Whether INFO names the history that the data belongs to; Redis writes zeros where it means none.
  private var hasReplicationID: Bool { identity.replicationID.contains { $0 != "0" } }

  /// Since Redis 7.0 `SET` takes NX and GET together and scripts may allow OOM; Valkey's first release has both.
  private func checkVersion(_ address: String) throws(RedisStoreError) {
    let valkey = self["valkey_version"]
    let (name, version, least) = valkey.isEmpty ? ("Redis", self["redis_version"], "7.0") : ("Valkey", valkey, "7.2")
    guard Self.numbers(version).lexicographicallyPrecedes(Self.numbers(least)) else { return }
    throw RedisStoreError(
      .unsupportedVersion,
      "\(name) at \(address) is version \(version.isEmpty ? "unknown" : version): \(name) \(least) or later is "
        + "needed (SET with NX and GET, scripts with allow-oom)")
  }

  private static func numbers(_ version: String) -> [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }
}

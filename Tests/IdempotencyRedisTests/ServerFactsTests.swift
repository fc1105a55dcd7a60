import Testing

@testable import IdempotencyRedis

@Suite struct ServerFactsTests {
  func check(_ changes: [String: String]) throws(RedisStoreError) {
    var fields = [
      "redis_version": "7.0.15", "maxmemory_policy": "noeviction", "role": "master", "loading": "0", "run_id": "r",
      "master_replid": "b",
    ]
    fields.merge(changes) { $1 }
    let info = "# Server\r\n" + fields.map { "\($0):\($1)\r\n" }.joined() + "\r\n# Memory\r\n"
    try ServerFacts(info: info).check(address: "cache:6379")
  }

  @Test(
    "A server that can do what the protocol needs is accepted",
    arguments: [
      [:], ["redis_version": "7.0.0"], ["redis_version": "8.2.1"], ["redis_version": "10.0"],
      ["redis_version": "7.2.4", "valkey_version": "7.2.5"], ["redis_version": "7.2.4", "valkey_version": "8.0.0"],
    ])
  func fit(_ changes: [String: String]) throws {
    try check(changes)
  }

  @Test(
    "Any other is refused with what to change",
    arguments: [
      (["redis_version": "6.2.14"], RedisStoreError.Code.unsupportedVersion, "Redis 7.0 or later"),
      (["redis_version": ""], .unsupportedVersion, "unknown"),
      (["valkey_version": "7.1"], .unsupportedVersion, "Valkey 7.2 or later"),
      (["maxmemory_policy": "allkeys-lru"], .evicts, "set `maxmemory-policy noeviction`"),
      (["maxmemory_policy": "volatile-ttl"], .evicts, "cache:6379 evicts keys (maxmemory-policy volatile-ttl)"),
      (["maxmemory_policy": ""], .evicts, "unknown"),
      (["role": "slave", "master_host": "a", "master_port": "1"], .notPrimary, "a:1"),
      (["loading": "1"], .loading, "loading"), (["run_id": ""], .infoRefused, "run_id"),
      (["master_replid": ""], .infoRefused, "master_replid"),
      (["master_replid": String(repeating: "0", count: 40)], .infoRefused, "a promotion that lost records"),
    ])
  func unfit(_ changes: [String: String], _ code: RedisStoreError.Code, _ advice: String) {
    let error = #expect(throws: RedisStoreError.self) { try check(changes) }
    #expect(error?.code == code)
    #expect(error?.message.contains(advice) == true, "\(error?.message ?? "")")
  }

  @Test("Identity is run id and replication id")
  func identity() {
    let facts = ServerFacts(info: "run_id:a\r\nmaster_replid:b\r\naof_enabled:1\r\n")
    #expect(facts.identity == NodeIdentity(runID: "a", replicationID: "b"))
    #expect(facts.isAppendOnly)
  }
}

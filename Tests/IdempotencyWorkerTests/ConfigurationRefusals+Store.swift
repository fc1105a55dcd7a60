extension ConfigurationRefusals {
  static let store: [Case] = [
    Case(
      "store: { }",
      "3:8: store: names no store; expected exactly one of redis, sentinel, cluster, memory"),
    Case(
      "store:",
      "3:7: store: names no store; expected exactly one of redis, sentinel, cluster, memory"),
    Case(
      "store: memory",
      "3:8: store: is a single value; expected a mapping of settings",
      "3:8: store: names no store; expected exactly one of redis, sentinel, cluster, memory"),
    Case(
      "store: { redis: redis://localhost, memory: {} }",
      "3:44: store.memory: is given beside redis; expected exactly one of redis, sentinel, cluster, memory"),
    Case(
      "store: { redis: \"http://u:hunter2@h\" }",
      """
      3:17: store.redis: is not valid: a Redis URL must begin with redis://, rediss:// or unix:/; expected \
      redis://, rediss:// or unix:/path
      """),
    Case(
      "store: { redis: \"redis://:hunter2@h:port\" }",
      """
      3:17: store.redis: is not valid: the port in a Redis URL must be a number from 1 to 65535; expected \
      redis://, rediss:// or unix:/path
      """),
    Case(
      "store: { redis: 5, database: 1 }",
      """
      3:17: store.redis: is not valid: a Redis URL must begin with redis://, rediss:// or unix:/; expected \
      redis://, rediss:// or unix:/path
      """),
    Case(
      "store: { memory: { size: 5 } }",
      "3:20: store.memory.size: is not a setting; expected none here"),
    Case(
      "store: { sentinel: { nodes: [h] } }",
      "3:20: store.sentinel.master: is missing; expected the name that sentinels know"),
    Case(
      "store: { sentinel: { master: m } }",
      "3:20: store.sentinel.nodes: is missing; expected a list, each host:port"),
    Case(
      "store: { sentinel: { master: m, nodes: [] } }",
      "3:40: store.sentinel.nodes: is empty; expected one host:port at least"),
    Case(
      "store: { sentinel: { master: m, nodes: [\"h:x\"], user: u } }",
      "3:41: store.sentinel.nodes[0]: is not valid; expected host:port or [ipv6]:port",
      "3:55: store.sentinel.user: is given without a password; expected store.sentinel.passwordFile too"),
    Case(
      "store: { sentinel: { master: m, nodes: [h], passwordFile: no } }",
      "3:59: store.sentinel.passwordFile: the file does not exist; expected a readable file"),
    Case(
      "store: { cluster: { nodes: h:1 } }",
      "3:28: store.cluster.nodes: is a single value; expected a list, each host:port or [ipv6]:port"),
    Case(
      "store: { cluster: { nodes: [h, \"h:6379\"] } }",
      "3:32: store.cluster.nodes[1]: stands in the list twice; expected once"),
    Case(
      "store: { cluster: { nodes: [h] }, database: 1 }",
      "3:45: store.database: is 1; expected 0, the only one that a cluster has"),
    Case(
      "store: { memory: {}, user: u }",
      "3:28: store.user: is given without a password; expected store.passwordFile too"),
    Case(
      "store: { memory: {}, passwordFile: hunter2 }",
      "3:36: store.passwordFile: the file does not exist; expected a readable file"),
    Case(
      "store: { redis: \"redis://:hunter2@h\", passwordFile: redis-password }",
      "3:53: store.passwordFile: is given though the URL in store.redis holds a password; expected one of them"),
    Case(
      "store: { redis: \"unix:/run/redis.sock\", tls: {} }",
      "3:46: store.tls: is given though store.redis is a Unix domain socket; expected one of them"),
    Case(
      "store: { memory: {}, tls: { caFile: no.pem } }",
      "3:37: store.tls.caFile: \"no.pem\" does not exist; expected a readable file"),
    Case(
      "store: { memory: {}, database: -1 }",
      "3:32: store.database: is \"-1\"; expected a whole number from 0 to 2147483647"),
    Case(
      "store: { redis: redis://h/1, database: 2 }",
      "3:40: store.database: is 2 though the URL in store.redis says 1; expected one of them"),
    Case(
      "store: { memory: {}, prefix: \"a:b\" }",
      "3:30: store.prefix: is not valid; expected 1 to 64 of A-Z a-z 0-9 . _ -"),
    Case(
      "store: { memory: {}, timeout: 61s }",
      "3:31: store.timeout: is \"61s\"; expected a duration from 10ms to 1m, such as 500ms, 30s, 5m, 24h or 7d"),
    Case(
      "store: { redis: redis://h, timeout: 2s }",
      """
      3:37: store.timeout: leaves store.settle at 5s; expected settle to be 0s (a single worker), or at least \
      8s: the longest way back to Redis (4s) and two time-outs
      """),
    Case(
      "store: { redis: redis://h, settle: 4s }",
      """
      3:36: store.settle: is 4s; expected 0s (a single worker), or at least 5s: the longest way back to Redis \
      (4s) and two time-outs
      """),
    Case(
      "store: { memory: {}, settle: 11m }",
      "3:30: store.settle: is \"11m\"; expected a duration from 0s to 10m, such as 500ms, 30s, 5m, 24h or 7d"),
    Case(
      "store: { memory: {}, putBack: { window: 0s } }",
      "3:41: store.putBack.window: is \"0s\"; expected a duration from 1s to 10m, such as 500ms, 30s, 5m, 24h or 7d"),
    Case(
      "store: { memory: {}, putBack: { bytes: 1KiB } }",
      "3:40: store.putBack.bytes: is \"1KiB\"; expected a size from 1MiB to 4096MiB, such as 64B, 512KiB or 1MiB"),
    Case(
      "store: { memory: {}, connections: 65 }",
      "3:35: store.connections: is \"65\"; expected a whole number from 1 to 64"),
    Case(
      "store: { memory: {}, durability: { replicas: 16 } }",
      "3:46: store.durability.replicas: is \"16\"; expected a whole number from 0 to 15"),
    Case(
      "store: { memory: {}, durability: { replicas: 1, timeout: 1s } }",
      "3:58: store.durability.timeout: is 1s; expected at most store.timeout (500ms)"),
    Case(
      "store: { memory: {}, durability: { timeout: 0s } }",
      """
      3:45: store.durability.timeout: is "0s"; expected a duration from 1ms to 1m, such as 500ms, 30s, 5m, \
      24h or 7d
      """),
    Case(
      "store: { memory: {}, onUnavailable: run }",
      "3:37: store.onUnavailable: is \"run\"; expected reject or execute"),
  ]
}

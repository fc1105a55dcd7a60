import HiredisNIO

/// What keeps the records.
enum StoreKind: Sendable, Hashable {
  /// One server, as a URL that ``RedisConfiguration`` reads; it may hold a password, so it is never logged.
  case redis(url: String)
  /// The master that these sentinels name.
  case sentinel(SentinelSettings)
  /// A cluster, found from these nodes.
  case cluster(nodes: [HostAndPort])
  /// The memory of this process: development only.
  case memory
}

extension StoreKind: CustomStringConvertible {
  /// The kind and where it is, without user and password.
  var description: String {
    switch self {
    case .redis(let url):
      (try? RedisConfiguration(url: url)).map { "redis at \($0.address)" } ?? "redis"
    case .sentinel(let sentinel):
      "sentinel \(sentinel.master) at \(sentinel.nodes.map(\.description).joined(separator: ", "))"
    case .cluster(let nodes):
      "cluster at \(nodes.map(\.description).joined(separator: ", "))"
    case .memory:
      "memory"
    }
  }
}

import IdempotencyTesting

/// One API node: something that listens, guards what its policies say, and has the origin behind it.
protocol Node: Sendable {
  /// Where it listens on 127.0.0.1.
  var port: Int { get }

  /// Begins to shut down as on SIGTERM, and returns at once.
  func beginStopping() async

  /// Gives up on everything at once.
  func abort()

  /// Shuts down as on SIGTERM, and returns when all of it has ended.
  func stop() async throws

  /// The counter `idempotency_requests_total` of a policy by status, as this node has counted it; nil where all nodes of
  /// the process count in one place.
  func requests(policy: String?) async throws -> [String: Int64]?
}

extension Node {
  var url: String { "http://127.0.0.1:\(port)" }
}

/// What every node of a cluster is started with.
struct NodeSettings: Sendable {
  /// Which node of its cluster it is, from 0.
  let number: Int
  let redis: RedisServer
  /// Where it finds Redis: at the server's own port, or a proxy's.
  let redisPort: Int
  /// What every key begins with.
  let prefix: String
  let options: ClusterOptions
}

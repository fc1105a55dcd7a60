import AsyncHTTPClient
import Foundation
import HiredisNIO
import IdempotencyTesting
import NIOCore
import Synchronization

/// Some nodes, one Redis, one origin: what a test holds.
final class Cluster: Sendable {
  let options: ClusterOptions
  let redis: RedisServer
  let origin: Origin
  /// What every key of this cluster begins with.
  let prefix: String
  private let started: Mutex<[Node]>

  /// One request for each call: redirects are answers, nothing is retried, and connections are enough for a stampede.
  static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 200
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = .http1Only
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  private init(options: ClusterOptions, redis: RedisServer, origin: Origin, prefix: String) {
    self.options = options
    self.redis = redis
    self.origin = origin
    self.prefix = prefix
    started = Mutex([])
  }

  /// The nodes; stopped ones stay in their place.
  var nodes: [Node] { started.withLock { $0 } }

  /// Starts a cluster.
  ///
  /// ``stop()`` must follow; tests use ``withCluster(_:_:)``.
  static func start(_ options: ClusterOptions) async throws -> Cluster {
    _ = HarnessMetrics.shared
    let redis = if let own = options.redis { own } else { try await SharedRedis.server() }
    let prefix = options.prefix ?? "t-" + freshKey()
    let cluster = Cluster(options: options, redis: redis, origin: Origin(), prefix: prefix)
    do {
      for _ in 0..<options.nodes { try await cluster.addNode() }
    } catch {
      try? await cluster.stop()
      throw error
    }
    return cluster
  }

  /// Starts one more node, with what `change` makes different for it.
  @discardableResult
  func addNode(_ change: @Sendable (inout ClusterOptions) -> Void = { _ in }) async throws -> Node {
    var options = options
    change(&options)
    let number = nodes.count
    var configuration = redis.configuration
    if let port = options.redisPorts[number] { configuration.address = .tcp(host: "127.0.0.1", port: port) }
    let node = try await Node.start(
      number: number, redis: configuration, prefix: options.prefix ?? prefix, origin: origin, options: options)
    started.withLock { $0.append(node) }
    return node
  }

  /// Stops every node.
  func stop() async throws {
    for node in nodes { try await node.stop() }
  }

  /// Stops every node without waiting for what it runs: a test has failed, and its gates may stay shut.
  func abort() {
    for node in nodes { node.abort() }
  }

  /// Sends a request to a node and waits for the whole answer.
  func send(_ call: Call, to node: Int = 0) async throws -> Reply {
    try await call.send(to: nodes[node].url)
  }

  /// Sends a request as soon as a node can take it, and gives the answer when it is asked for.
  func begin(_ call: Call, to node: Int = 0) -> Task<Reply, any Error> {
    Task { try await self.send(call, to: node) }
  }
}

/// Gives a test a cluster of its own and takes it down afterwards.
///
/// One test has one cluster at a time.
func withCluster<Result>(
  _ options: ClusterOptions = ClusterOptions(), _ body: (Cluster) async throws -> Result
) async throws -> Result {
  try await Slots.withSlot {
    let cluster = try await Cluster.start(options)
    return try await withTaskCancellationHandler {
      do {
        let result = try await body(cluster)
        try await cluster.stop()
        return result
      } catch {
        cluster.abort()
        try? await cluster.stop()
        throw error
      }
    } onCancel: {
      cluster.abort()
    }
  }
}

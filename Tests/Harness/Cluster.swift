import AsyncHTTPClient
import Foundation
import IdempotencyTesting
import NIOCore
import Synchronization

/// Some nodes, one Redis, one origin: what a test holds.
final class Cluster: RecordKeeper, Sendable {
  /// What its nodes are.
  let kind: NodeKind
  let options: ClusterOptions
  let redis: RedisServer
  let origin: Origin
  /// The origin's server; nil where the origin is a handler.
  let server: OriginServer?
  /// What every key of this cluster begins with.
  let prefix: String
  private let started: Mutex<[any Node]>

  /// One request for each call: redirects are answers, nothing is retried, and connections are enough for a stampede.
  static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 200
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = .http1Only
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  private init(
    kind: NodeKind, options: ClusterOptions, redis: RedisServer, origin: Origin, server: OriginServer?, prefix: String
  ) {
    self.kind = kind
    self.options = options
    self.redis = redis
    self.origin = origin
    self.server = server
    self.prefix = prefix
    started = Mutex([])
  }

  /// The nodes; stopped ones stay in their place.
  var nodes: [any Node] { started.withLock { $0 } }

  /// Starts a cluster of the kind of node that the test runs against.
  ///
  /// ``stop()`` must follow; tests use ``withCluster(_:_:)``.
  static func start(_ options: ClusterOptions) async throws -> Cluster {
    let kind = NodeKind.current
    let redis = if let own = options.redis { own } else { try await SharedRedis.server() }
    let prefix = options.prefix ?? "t-" + freshKey()
    let origin = Origin()
    let server = kind == .worker ? try await OriginServer.start(origin) : nil
    let cluster = Cluster(
      kind: kind, options: options, redis: redis, origin: origin, server: server, prefix: prefix)
    do {
      // At once: a worker's start is a process's.
      let nodes = try await inParallel(0..<options.nodes) { try await cluster.start(options, number: $0) }
      cluster.started.withLock { $0 = nodes }
    } catch {
      server?.stop()
      throw error
    }
    return cluster
  }

  /// Starts one more node, with what `change` makes different for it.
  @discardableResult
  func addNode(_ change: @Sendable (inout ClusterOptions) -> Void = { _ in }) async throws -> any Node {
    var options = options
    change(&options)
    let node = try await start(options, number: nodes.count)
    started.withLock { $0.append(node) }
    return node
  }

  private func start(_ options: ClusterOptions, number: Int) async throws -> any Node {
    let settings = NodeSettings(
      number: number, redis: redis, redisPort: options.redisPorts[number] ?? redis.port,
      prefix: options.prefix ?? prefix, options: options)
    guard let server else { return try await MiddlewareNode.start(settings, origin: origin) }
    return try await WorkerNode.start(settings, originPort: server.port)
  }

  /// Stops every node.
  func stop() async throws {
    defer { server?.stop() }
    _ = try await inParallel(nodes) { try await $0.stop() }
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

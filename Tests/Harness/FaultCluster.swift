import Idempotency
import IdempotencyTesting
import NIOCore

/// What the clusters of the failure rules are made of: a Redis of their own, and a proxy between it and node 0.
struct FaultOptions {
  var nodes = 2
  var redis = RedisServer.Options()
  /// Longer than any test's time-outs, where the end of a lease is not what the test is about.
  var lease = Duration.seconds(30)
  var unknownOutcome = UnknownOutcome.hold
  /// The library's default: what callers wait when Redis is silent.
  var storeTimeout = TimeAmount.milliseconds(500)
  var settle = TimeAmount.zero
}

/// Gives a test a cluster with a Redis of its own, whose node 0 reaches it through the proxy, and takes both down again.
func withFaults(
  _ options: FaultOptions = FaultOptions(),
  _ body: (_ cluster: Cluster, _ redis: RedisServer, _ proxy: FaultProxy) async throws -> Void
) async throws {
  let redis = try await RedisServer.start(options.redis)
  let proxy = try await FaultProxy.start(port: redis.port)
  var cluster = ClusterOptions(
    nodes: options.nodes,
    policies: [
      .payments(lease: options.lease) { policy in policy.execution.unknownOutcome = options.unknownOutcome }
    ])
  cluster.redis = redis
  cluster.redisPorts = [0: proxy.port]
  cluster.storeTimeout = options.storeTimeout
  cluster.settle = options.settle
  // What is left at the end of a test that failed is not waited for.
  cluster.limits.drainTimeout = .milliseconds(200)
  do {
    try await withCluster(cluster) { try await body($0, redis, proxy) }
  } catch {
    await proxy.stop()
    await redis.stop()
    throw error
  }
  await proxy.stop()
  await redis.stop()
}

extension Cluster {
  /// Sends a request again until its answer is another than in-progress.
  func sendUntilDecided(_ call: Call, to node: Int) async throws -> Reply {
    try await eventually {
      let reply = try await self.send(call, to: node)
      return reply.label == "in-progress" ? nil : reply
    }
  }

  /// Sends a request again until the store is there for it.
  func sendUntilAvailable(_ call: Call, to node: Int) async throws -> Reply {
    try await eventually {
      let reply = try await self.send(call, to: node)
      return reply.problem == "store-unavailable" ? nil : reply
    }
  }
}

extension FaultProxy {
  /// Holds back what goes either way: the connection looks alive, and nothing comes of it.
  func stall() async {
    await stall(.clientToServer)
    await stall(.serverToClient)
  }

  /// Lets both ways go on, beginning with what was held back.
  func resume() async {
    await resume(.clientToServer)
    await resume(.serverToClient)
  }
}

/// Does something for each element at once, and gives the results in the elements' order.
func inParallel<Element: Sendable, Result: Sendable>(
  _ elements: some Sequence<Element>, _ body: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
  try await withThrowingTaskGroup(of: (Int, Result).self) { group in
    var count = 0
    for element in elements {
      let index = count
      group.addTask { (index, try await body(element)) }
      count += 1
    }
    var results: [Int: Result] = [:]
    for try await (index, result) in group { results[index] = result }
    return (0..<count).compactMap { results[$0] }
  }
}

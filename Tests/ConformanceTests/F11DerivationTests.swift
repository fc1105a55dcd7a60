import HiredisNIO
import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

@Suite("F11: nodes that would derive keys otherwise", .eachKind, .timeLimit(.minutes(10)))
struct DerivationTests {
  static let changes: [@Sendable (inout ClusterOptions) -> Void] = [
    { $0.policies[0].scope = [.principal, .path] },
    { $0.policies[0].keyFormat = .uuid },
    { $0.policies[0].fingerprint = FingerprintSettings(bodyForm: .json) },
    { $0.pepper = Array("sixteen bytes and a few".utf8) },
    { $0.principal = ["x-tenant"] },
  ]

  @Test(
    "F11 a node that would derive keys or fingerprints otherwise takes no requests, and says which keyspace it is",
    arguments: changes.indices)
  func otherwise(change: Int) async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      let error = await #expect(throws: (any Error).self) { try await cluster.addNode(Self.changes[change]) }
      #expect("\(error.map { "\($0)" } ?? "")".contains("keyspace"), "\(error.map { "\($0)" } ?? "")")
      #expect("\(error.map { "\($0)" } ?? "")".contains("payments"))
      // One that derives alike does, whatever else is different.
      try await cluster.addNode {
        $0.policies[0].execution.lease = .seconds(9)
        $0.policies[0].statuses.mismatch = 409
      }
      expectReplay(try await cluster.send(call, to: 1), of: first)
    }
  }

  /// What stands in `{prefix}:meta`.
  private func claims(_ cluster: Cluster) async throws -> [String: String] {
    let items = try await cluster.redis.command("HGETALL", "\(cluster.prefix):meta").array?.compactMap(\.string) ?? []
    return Dictionary(
      uniqueKeysWithValues: stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) })
  }

  @Test(
    "F11 a middleware claims what a worker with the same policies does, and shares its records",
    .only(.middleware, because: "it compares both"))
  func alike() async throws {
    var options = ClusterOptions(
      nodes: 1,
      policies: [
        .payments(), .payments("shared", path: "/shared") { $0.scope = [] },
        .payments("json", path: "/json") { $0.fingerprint = FingerprintSettings(bodyForm: .json) },
      ])
    options.principal = ["X-Api-Key", "x-tenant"]
    options.pepper = Array("sixteen bytes and a few".utf8)
    let ofWorker = try await NodeKind.$bound.withValue(.worker) {
      try await withCluster(options) { try await claims($0) }
    }
    #expect(Set(ofWorker.keys) == ["payments", "shared", "json"])
    try await withCluster(options) { cluster in
      _ = try await cluster.send(Call(key: freshKey(), fields: [Field("X-Tenant", "t")]))
      #expect(try await claims(cluster) == ofWorker)
    }
  }
}

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
    "F11 a worker that would derive keys or fingerprints otherwise does not start, and says which keyspace it is",
    .only(.worker, because: "a service that holds its middleware's keyspaces against others calls the store itself"),
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
}

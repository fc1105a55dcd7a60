import Idempotency
import Testing
@testable import Harness

@Suite("W9: who fills the store", .eachKind, .timeLimit(.minutes(5)))
struct W9StoreBytesTests {
  @Test("W9 the bytes that stand in Redis are counted by policy")
  func counted() async throws {
    let policies = [IdempotencyPolicy.payments(), .payments("other", path: "/other")]
    try await withCluster(ClusterOptions(nodes: 1, policies: policies)) { cluster in
      // The middleware's application has metrics of its own.
      guard let node = cluster.nodes[0] as? WorkerNode else { return }
      cluster.origin.answers { call in
        call.key == "refused" ? ScriptedAnswer(429) : ScriptedAnswer(200, String(repeating: "x", count: 5_000))
      }
      expectExecuted(try await cluster.send(Call(key: "done")), status: 200)
      #expect(try await cluster.send(Call(key: "done")).isReplay)
      #expect(try await cluster.send(Call(key: "refused")).label == "released")
      let records = try await cluster.records()
      let standing = records.reduce(Int64(0)) { $0 + Int64($1.bytes.count + $1.key.utf8.count) }
      let counted = try await node.metrics().series("idempotency_store_bytes_total")
      let own = try #require(counted[#"{policy="payments"}"#])
      #expect(records.count == 2)
      #expect(abs(own - standing) < 200, "\(own) of \(standing)")
      #expect(counted[#"{policy="other"}"#] == 0)
    }
  }

  @Test("W9 an invented caller whom the origin refuses leaves a record for minutes")
  func refused() async throws {
    try await withCluster(ClusterOptions(nodes: 1, policies: [.payments(retention: .seconds(86_400))])) { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(401) }
      #expect(try await cluster.send(Call(key: "k", caller: "nobody")).label == "released")
      let record = try #require(try await cluster.records().first)
      #expect(record.state == "F")
      #expect((590_000...600_000).contains(record.ttl), "\(record.ttl)")
      // A later attempt's is kept for as long as an answer: the origin may know its number.
      #expect(try await cluster.send(Call(key: "k", caller: "nobody")).label == "released")
      let again = try #require(try await cluster.records().first)
      #expect(again.state == "F" && again.ttl > 86_000_000, "\(again.ttl)")
    }
  }
}

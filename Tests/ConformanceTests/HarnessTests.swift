import Testing
@testable import Harness

@Suite("The harness itself", .eachKind, .timeLimit(.minutes(10)))
struct HarnessTests {
  @Test("A call runs once and is replayed by the other node")
  func oneCall() async throws {
    try await withCluster { cluster in
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      let second = try await cluster.send(call, to: 1)
      #expect(first.status == 201)
      #expect(first.label == "executed")
      #expect(second.label == "replayed")
      #expect(second.body == first.body)
      #expect(cluster.origin.calls.count == 1)
      #expect(try await cluster.record().state == "C")
    }
  }
}

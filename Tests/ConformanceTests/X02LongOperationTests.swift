import Idempotency
import Testing

extension X {
  @Suite("X2", .serialized)
  struct X02LongOperationTests {
    @Test(
      "X2 an operation that outlives its lease four times over runs once; duplicates get 409 meanwhile",
      arguments: [UnknownOutcome.hold, .store, .executeAgain])
    func long(choice: UnknownOutcome) async throws {
      let lease = 500
      try await withCluster(lease: .milliseconds(lease), choice) { cluster in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let call = Call(key: freshKey())
        let key = try #require(call.key)
        async let first = cluster.send(call, to: 0)
        await cluster.origin.called()
        let begin = try #require(try await cluster.redis.record(of: key))
        try await eventually("four renewals' worth of lease") {
          for node in 0..<2 {
            let duplicate = try await cluster.send(call, to: node)
            #expect(duplicate.status == 409 && duplicate.problem == "in-progress", "\(duplicate.text)")
            #expect(duplicate["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
          }
          let now = try #require(try await cluster.redis.record(of: key))
          #expect(now.state == "R" && now.token == begin.token && now.attempt == 1)
          return now.deadline >= begin.deadline + Int64(4 * lease)
        }
        gate.open()
        let executed = try await first
        #expect(executed.status == 201 && executed.label == "executed")
        #expect(executed["Idempotency-Stored"] == nil)
        for node in 0..<2 {
          let replay = try await cluster.send(call, to: node)
          #expect(replay.isReplay && replay.body == executed.body && replay.keptFields == executed.keptFields)
        }
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }
  }
}

import HTTPTypes
import Hummingbird
import Idempotency
import Testing
@testable import Harness

@Suite("E9–E11: which answers are stored", .eachKind, .timeLimit(.minutes(10)))
struct ResultTests {
  @Test(
    "E9 errors of the client are answers like any other",
    arguments: [400, 402, 403, 404, 409, 410, 412, 413, 415, 422, 451])
  func clientErrors(status: Int) async throws {
    try await withCluster { cluster in
      cluster.origin.answers { call in ScriptedAnswer(status, "no \(call.number)") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first, status: status)
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E9 what says that the request was not accepted frees the key", arguments: [401, 407, 408, 425, 429])
  func released(status: Int) async throws {
    try await withCluster { cluster in
      cluster.origin.answers(inTurn: [
        ScriptedAnswer(status, fields: [Field("X-Own", "1")], "not yet"), ScriptedAnswer(200, "done"),
      ])
      let call = Call(key: freshKey())
      let first = try await cluster.sendRaw(call)
      #expect(first.status == status)
      #expect(first.text == "not yet")
      #expect(first["X-Own"] == "1")
      #expect(first.label == "released")
      #expect(try await cluster.record().state == "F")
      let second = try await cluster.send(call, to: 1)
      expectExecuted(second, status: 200)
      expectReplay(try await cluster.send(call), of: second)
      #expect(cluster.origin.calls.map(\.attempt) == ["1", "2"])
    }
  }

  @Test("E9 a released key may be used for another request: nothing happened under it")
  func releasedForAnother() async throws {
    try await withCluster { cluster in
      cluster.origin.answers(inTurn: [ScriptedAnswer(429), ScriptedAnswer(200, "done")])
      #expect(try await cluster.send(Call(key: "k", body: "one")).label == "released")
      expectExecuted(try await cluster.send(Call(key: "k", body: "two"), to: 1), status: 200)
      try expect(try await cluster.send(Call(key: "k", body: "one")), is: "key-reused")
    }
  }

  @Test(
    "E9 redirects and successes of any kind are stored",
    arguments: [200, 201, 202, 203, 206, 299, 300, 301, 302, 303, 307, 308])
  func others(status: Int) async throws {
    try await withCluster { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(status, fields: [Field("Location", "/elsewhere")], "b") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first, status: status)
      expectReplay(try await cluster.send(call, to: 1), of: first)
    }
  }

  @Test("E10 500 and its like are stored", arguments: [500, 501, 505, 507, 511, 599])
  func serverErrors(status: Int) async throws {
    try await withCluster { cluster in
      cluster.origin.answers { call in ScriptedAnswer(status, "error \(call.number)") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first, status: status)
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test(
    "E10 a handler that throws: its HTTP error is its answer, any other error is a 500, both stored",
    .only(.middleware, because: "an origin over HTTP has no errors but those that it answers with"))
  func thrown() async throws {
    struct Unexpected: Error {}
    try await withCluster { cluster in
      cluster.origin.answers { call in
        if call.key == "http" { throw HTTPError(.unprocessableContent, message: "amount") }
        throw Unexpected()
      }
      for (key, status) in [("http", 422), ("any", 500)] {
        let first = try await cluster.send(Call(key: key))
        expectExecuted(first, status: status)
        expectReplay(try await cluster.send(Call(key: key), to: 1), of: first)
      }
      #expect(cluster.origin.calls.count == 2)
    }
  }

  @Test("E10 a 503 with Retry-After frees the key")
  func unavailable() async throws {
    try await withCluster { cluster in
      cluster.origin.answers(inTurn: [
        ScriptedAnswer(503, fields: [Field("Retry-After", "7")], "later"), ScriptedAnswer(200, "done"),
      ])
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      #expect(first.status == 503)
      #expect(first.label == "released")
      #expect(first.values("Retry-After") == ["7"])
      expectExecuted(try await cluster.send(call, to: 1), status: 200)
    }
  }

  @Test("E10 502, 503 and 504 leave the outcome unknown", arguments: [502, 503, 504])
  func unknown(status: Int) async throws {
    try await withCluster { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(status, fields: [Field("X-Own", "1")], "gateway") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      #expect(first.status == status)
      #expect(first.text == "gateway")
      #expect(first["X-Own"] == "1")
      #expect(first.label == "uncertain")
      #expect(try await cluster.record().state == "U")
      for node in 0...1 { try expect(try await cluster.send(call, to: node), is: "outcome-uncertain") }
      // What the key was used for is still told apart.
      try expect(try await cluster.send(call.with { $0.body = [1] }, to: 1), is: "key-reused")
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E10 the status of an unknown outcome can be set")
  func unknownStatus() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.statuses.uncertain = 503 }])) { cluster in
      cluster.origin.answers(with: ScriptedAnswer(504))
      _ = try await cluster.send(Call(key: "k"))
      try expect(try await cluster.send(Call(key: "k"), to: 1), is: "outcome-uncertain", status: 503)
    }
  }

  @Test("E10 under `store` the origin's 502, 503 or 504 is the answer", arguments: [502, 503, 504])
  func unknownStored(status: Int) async throws {
    let policy = IdempotencyPolicy.payments { $0.execution.unknownOutcome = .store }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      cluster.origin.answers { call in ScriptedAnswer(status, "gateway \(call.number)") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first, status: status)
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E10 under `execute-again` a retry runs when the lease is over, not before", arguments: [502, 504])
  func unknownAgain(status: Int) async throws {
    let policy = IdempotencyPolicy.payments(lease: .milliseconds(400)) { $0.execution.unknownOutcome = .executeAgain }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      cluster.origin.answers(inTurn: [ScriptedAnswer(status, "gateway"), ScriptedAnswer(200, "done")])
      let call = Call(key: freshKey())
      #expect(try await cluster.send(call).label == "uncertain")
      let lease = try await cluster.record()
      #expect(lease.state == "R")
      let second = try await eventually {
        let reply = try await cluster.send(call, to: 1)
        return reply.label == "in-progress" ? nil : reply
      }
      expectExecuted(second, status: 200)
      let time = try await cluster.redisTime()
      #expect(time >= lease.leaseDeadline)
      #expect(cluster.origin.calls.map(\.attempt) == ["1", "2"])
      expectReplay(try await cluster.send(call), of: second)
    }
  }

  @Test("E10 a policy's own lists decide, the narrower entry first")
  func ownLists() async throws {
    let policy = IdempotencyPolicy.payments { policy in
      policy.results = try ResultsTable(
        released: [try #require(StatusRange("4xx")), try #require(StatusRange("500"))],
        uncertain: [try #require(StatusRange("409")), try #require(StatusRange(503))])
    }
    try await withCluster(ClusterOptions(nodes: 1, policies: [policy])) { cluster in
      for (status, fields, label) in [
        (400, [], "released"), (404, [], "released"), (409, [], "uncertain"), (500, [], "released"),
        (501, [], "executed"),
        (502, [], "executed"), (503, [], "uncertain"), (503, [Field("Retry-After", "1")], "uncertain"),
        (504, [], "executed"),
        (200, [], "executed"),
      ] as [(Int, [Field], String)] {
        cluster.origin.answers(with: ScriptedAnswer(status, fields: fields))
        let reply = try await cluster.send(Call(key: freshKey()))
        #expect(reply.status == status)
        #expect(reply.label == label, "\(status) \(fields)")
      }
    }
  }

  @Test(
    "E10 the origin's Idempotency-Result: release frees the key whatever the status",
    arguments: [200, 201, 404, 500, 502, 504])
  func releasedByOrigin(status: Int) async throws {
    try await withCluster { cluster in
      cluster.origin.answers(inTurn: [
        ScriptedAnswer(status, fields: [Field("Idempotency-Result", "release")], "nothing done"),
        ScriptedAnswer(200, "done"),
      ])
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      #expect(first.status == status)
      #expect(first.label == "released")
      #expect(first.values("Idempotency-Result") == [])
      #expect(first.text == "nothing done")
      expectExecuted(try await cluster.send(call, to: 1), status: 200)
    }
  }

  @Test("E11 an operation that did not start frees the key; the layer's 502 is not stored")
  func notStarted() async throws {
    try await withCluster { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(200, "done") }
      let call = Call(key: freshKey())
      try await cluster.originRefuses("the bank is closed")
      let first = try await cluster.send(call)
      try expect(first, is: "origin-unreachable")
      // A worker's own words say what went wrong with the connection.
      if cluster.kind == .middleware { #expect(try first.json["detail"] == .string("the bank is closed")) }
      #expect(try await cluster.record().state == "F")
      try await cluster.originAccepts()
      expectExecuted(try await cluster.send(call, to: 1), status: 200)
      #expect(cluster.origin.calls.map(\.attempt) == ["2"])
    }
  }

  @Test("E11 half an answer leaves the outcome unknown; the layer's 502 is not stored")
  func halfAnAnswer() async throws {
    try await withCluster { cluster in
      cluster.origin.answers(with: ScriptedAnswer(200, body: .stream([.bytes([1, 2, 3]), .fail])))
      let call = Call(key: freshKey())
      try expect(try await cluster.send(call), is: "origin-failed")
      #expect(try await cluster.record().state == "U")
      try expect(try await cluster.send(call, to: 1), is: "outcome-uncertain")
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E11 under `store` the layer's 502 for half an answer is stored, and not retryable")
  func halfAnAnswerStored() async throws {
    let policy = IdempotencyPolicy.payments { $0.execution.unknownOutcome = .store }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      cluster.origin.answers(with: ScriptedAnswer(200, body: .stream([.bytes([1, 2, 3]), .fail])))
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      try expect(first, is: "origin-failed", retryable: false, label: "executed")
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E11 under `execute-again` a key that was tried is not safe to replace, even when the origin was not reached")
  func notStartedAgain() async throws {
    let policy = IdempotencyPolicy.payments { $0.execution.unknownOutcome = .executeAgain }
    try await withCluster(ClusterOptions(nodes: 1, policies: [policy])) { cluster in
      try await cluster.originRefuses()
      try expect(try await cluster.send(Call(key: "k")), is: "origin-unreachable", newKey: false)
    }
  }

  @Test("E11 the silence of an origin beyond the policy's time is uncertain and never stored; a late answer ends it")
  func late() async throws {
    let policy = IdempotencyPolicy.payments { $0.execution.originTimeout = .milliseconds(200) }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate) { _ in ScriptedAnswer(200, "late, but here") }
      let call = Call(key: freshKey())
      // A proxy gives the 504 at once; a middleware when its handler, which it cannot leave behind, has returned.
      let first = cluster.begin(call)
      try await cluster.record { $0.state == "U" }
      try expect(try await cluster.send(call, to: 1), is: "outcome-uncertain")
      if cluster.kind == .worker { try expect(try await first.value, is: "origin-timeout") }
      gate.open()
      try expect(try await first.value, is: "origin-timeout")
      try await cluster.record { $0.state == "C" }
      let second = try await cluster.send(call, to: 1)
      #expect(second.status == 200)
      #expect(second.text == "late, but here")
      #expect(second.label == "replayed")
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E11 many late answers at once: each caller gets its 504, each key its answer")
  func manyLate() async throws {
    // Long enough for all of them to be with the origin first, also on a busy machine.
    let policy = IdempotencyPolicy.payments(lease: .seconds(20)) { $0.execution.originTimeout = .seconds(1) }
    try await withCluster(ClusterOptions(nodes: 1, policies: [policy])) { cluster in
      for round in 0..<5 {
        let gate = Gate()
        cluster.origin.answers(behind: gate) { call in ScriptedAnswer(200, "late \(call.key ?? "")") }
        let calls = (0..<40).map { Call(key: "k\(round)-\($0)") }
        let running = calls.map { cluster.begin($0) }
        try await eventually {
          try await cluster.records().count { $0.state == "U" && $0.key.contains(":k\(round)-") } == 40 ? true : nil
        }
        gate.open()
        for call in running { try expect(try await call.value, is: "origin-timeout") }
        try await eventually { try await cluster.records().allSatisfy { $0.state == "C" } ? true : nil }
        for call in calls {
          let reply = try await cluster.send(call)
          #expect(reply.label == "replayed")
          #expect(reply.text == "late \(call.fields.last?.value ?? "")")
        }
      }
      #expect(cluster.origin.calls.count == 200)
    }
  }

  @Test("E11 in-progress, mismatch and uncertain answers are never stored: what the record says is the operation's")
  func ownAnswersNotStored() async throws {
    try await withCluster { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let call = Call(key: freshKey())
      let first = cluster.begin(call)
      await gate.reached()
      try expect(try await cluster.send(call, to: 1), is: "in-progress")
      try expect(try await cluster.send(call.with { $0.body = [] }, to: 1), is: "key-reused")
      gate.open()
      let answer = try await first.value
      for node in 0...1 { expectReplay(try await cluster.send(call, to: node), of: answer) }
    }
  }
}

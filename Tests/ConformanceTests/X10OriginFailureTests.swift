import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension X {
  /// X10: the origin is not reached, or gives no whole answer.
  ///
  /// What is a connection's end to a worker is to the middleware a handler that says that it did not start, or is
  /// cancelled.
  @Suite("X10", .serialized)
  struct X10OriginFailureTests {
    static let choices: [UnknownOutcome] = [.hold, .store, .executeAgain]

    private func options(_ choice: UnknownOutcome, originTimeout: Duration? = nil) -> ClusterOptions {
      ClusterOptions(policies: [
        .payments(lease: .milliseconds(900)) {
          $0.execution.unknownOutcome = choice
          $0.execution.originTimeout = originTimeout
        }
      ])
    }

    /// Expects what a caller is told whose own attempt ended in an unknown outcome, and what all others are told.
    private func expectUnknown(
      _ first: Reply, _ problem: String, of call: Call, _ choice: UnknownOutcome, in cluster: Cluster
    ) async throws {
      switch choice {
      case .hold:
        try expect(first, is: problem)
        for node in 0...1 { try expect(try await cluster.send(call, to: node), is: "outcome-uncertain") }
        #expect(try await cluster.record().state == "U")
        #expect(cluster.origin.calls.map(\.attempt) == ["1"])
      case .store:
        try expect(first, is: problem, retryable: false, label: "executed")
        for node in 0...1 { expectReplay(try await cluster.send(call, to: node), of: first) }
        #expect(cluster.origin.calls.map(\.attempt) == ["1"])
      case .executeAgain:
        try expect(first, is: problem)
        let record = try await cluster.record()
        #expect(record.state == "R" && record.attempt == 1)
        let second = try await cluster.sendUntilDecided(call, to: 1)
        expectExecuted(second)
        #expect(try await cluster.redisTime() >= record.leaseDeadline, "taken over while the lease lived")
        expectReplay(try await cluster.send(call), of: second)
        #expect(cluster.origin.calls.map(\.attempt) == ["1", "2"])
      }
    }

    @Test("X10 refused: 502, released at once, under any policy; the attempt grows all the same", arguments: choices)
    func refused(choice: UnknownOutcome) async throws {
      try await withCluster(options(choice)) { cluster in
        let call = Call(key: freshKey())
        try await cluster.originRefuses()
        for attempt in 1...3 {
          let reply = try await cluster.send(call, to: attempt % 2)
          try expect(reply, is: "origin-unreachable", newKey: choice != .executeAgain)
          let record = try await cluster.record()
          #expect(record.state == "F" && record.attempt == attempt)
        }
        #expect(cluster.origin.calls.isEmpty)
        try await cluster.originAccepts()
        let first = try await cluster.send(call)
        expectExecuted(first)
        expectReplay(try await cluster.send(call, to: 1), of: first)
        #expect(cluster.origin.calls.map(\.attempt) == ["4"])
      }
    }

    @Test("X10 reset before an answer: an unknown outcome, by policy", arguments: choices)
    func reset(choice: UnknownOutcome) async throws {
      try await withCluster(options(choice)) { cluster in
        cluster.origin.answers { call in
          if call.number == 1 { throw Origin.Reset() }
          return try await Origin.payment(call)
        }
        let call = Call(key: freshKey())
        try await expectUnknown(try await cluster.send(call), "origin-failed", of: call, choice, in: cluster)
      }
    }

    @Test(
      "X10 reset before an answer on a connection that has served before: an unknown outcome, never sent again",
      arguments: choices)
    func resetOnAReusedConnection(choice: UnknownOutcome) async throws {
      try await withCluster(options(choice)) { cluster in
        cluster.origin.answers { call in
          if call.method == "POST", call.attempt == "1" { throw Origin.Reset() }
          return try await Origin.payment(call)
        }
        for _ in 0..<4 { #expect(try await cluster.send(Call("GET")).status == 201) }
        let call = Call(key: freshKey())
        let first = try await cluster.send(call)
        #expect(first.status == 502)
        #expect(cluster.origin.calls(key: call.fields.last?.value ?? "").count == 1)
      }
    }

    @Test("X10 half an answer: an unknown outcome, by policy", arguments: choices)
    func half(choice: UnknownOutcome) async throws {
      try await withCluster(options(choice)) { cluster in
        cluster.origin.answers { call in
          guard call.number == 1 else { return try await Origin.payment(call) }
          return ScriptedAnswer(201, body: .stream([.bytes(Array("half".utf8)), .fail]))
        }
        let call = Call(key: freshKey())
        try await expectUnknown(try await cluster.send(call), "origin-failed", of: call, choice, in: cluster)
      }
    }

    @Test("X10 silent before an answer: an unknown outcome, by policy", arguments: choices)
    func silent(choice: UnknownOutcome) async throws {
      try await withCluster(options(choice, originTimeout: .milliseconds(300))) { cluster in
        let gate = Gate()
        cluster.origin.answers { call in
          guard call.number == 1 else { return try await Origin.payment(call) }
          await gate.pass()
          throw Origin.Reset()
        }
        let call = Call(key: freshKey())
        let first = cluster.begin(call)
        await gate.reached()
        if cluster.kind == .middleware {
          // A handler cannot be left behind: its caller gets the 504 when it has returned.
          let begun = try await cluster.redisTime()
          try await holds("the origin's time is over") { try await cluster.redisTime() > begun + 600 }
          gate.open()
        }
        try await expectUnknown(try await first.value, "origin-timeout", of: call, choice, in: cluster)
        gate.open()
      }
    }

    @Test("X10 silent in the middle of an answer: an unknown outcome, by policy", arguments: choices)
    func silentWithin(choice: UnknownOutcome) async throws {
      try await withCluster(options(choice, originTimeout: .milliseconds(300))) { cluster in
        let gate = Gate()
        cluster.origin.answers { call in
          guard call.number == 1 else { return try await Origin.payment(call) }
          return ScriptedAnswer(201, body: .stream([.bytes(Array("half".utf8)), .wait(gate), .fail]))
        }
        let call = Call(key: freshKey())
        let first = cluster.begin(call)
        await gate.reached()
        if cluster.kind == .middleware { gate.open() }
        let problem = cluster.kind == .worker ? "origin-timeout" : "origin-failed"
        try await expectUnknown(try await first.value, problem, of: call, choice, in: cluster)
        gate.open()
      }
    }

    @Test(
      "X10 hold: an answer that comes after the 504 goes through the results table",
      arguments: [(200, "C"), (429, "F"), (503, "U")])
    func late(status: Int, state: String) async throws {
      try await withCluster(options(.hold, originTimeout: .milliseconds(300))) { cluster in
        let gate = Gate()
        cluster.origin.answers { call in
          guard call.number == 1 else { return try await Origin.payment(call) }
          await gate.pass()
          return ScriptedAnswer(status, "late")
        }
        let call = Call(key: freshKey())
        let first = cluster.begin(call)
        try await cluster.record { $0.state == "U" }
        gate.open()
        try expect(try await first.value, is: "origin-timeout")
        await cluster.origin.answered()
        try await cluster.record { $0.state == state }
        let second = try await cluster.send(call, to: 1)
        switch state {
        case "C": #expect(second.isReplay && second.status == status && second.text == "late")
        case "F": expectExecuted(second)
        default: try expect(second, is: "outcome-uncertain")
        }
        #expect(cluster.origin.calls.map(\.attempt) == (state == "F" ? ["1", "2"] : ["1"]))
      }
    }
  }
}

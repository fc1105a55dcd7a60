import Foundation
import Testing
@testable import Harness

@Suite("Profile balansas", .timeLimit(.minutes(10)))
struct BalansasProfileTests {
  private static let transfers = "/wallets/w1/transfers"

  @Test("B1 a transfer takes a UUID v4, or no key; anything else is a validation error")
  func key() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      for value in [
        "not-a-uuid", "3f9c2a7e1b4d4c8a9e217d5f0b6a1c33", "3f9c2a7e-1b4d-1c8a-9e21-7d5f0b6a1c33",
        "3f9c2a7e-1b4d-4c8a-1e21-7d5f0b6a1c33", "{3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33}",
        "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c3", "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33-", "",
      ] {
        let reply = try await fleet.send(Call("POST", Self.transfers, key: value))
        try expect(reply, is: "key-malformed")
      }
      #expect(fleet.origin.calls.isEmpty)
      #expect(try await fleet.records().isEmpty)

      try await expectOnce(Call("POST", Self.transfers, key: "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33"), in: fleet)
      // The same UUID in upper case.
      let again = try await fleet.send(Call("POST", Self.transfers, key: "3F9C2A7E-1B4D-4C8A-9E21-7D5F0B6A1C33"))
      #expect(again.isReplay)
      for worker in [0, 1, 0] {
        let reply = try await fleet.send(Call("POST", Self.transfers), to: worker)
        #expect(reply.status == 201)
        #expect(reply.label == nil)
      }
      #expect(fleet.origin.calls.count == 4)
    }
  }

  @Test("B2 the key is reserved before the operation begins, and a retry replays")
  func reserved() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = Call("POST", Self.transfers, key: freshKey())
      let first = fleet.begin(call)
      await gate.reached()
      #expect(try await fleet.record().state == "R")
      gate.open()
      let answer = try await first.value
      expectExecuted(answer)
      for worker in [0, 1] { expectReplay(try await fleet.send(call, to: worker), of: answer) }
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("B3 a concurrent duplicate gets 409; sent again with the same key later it gets the answer")
  func concurrent() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = Call("POST", Self.transfers, key: freshKey())
      let first = fleet.begin(call)
      await gate.reached()
      for worker in [0, 1] {
        try expect(try await fleet.send(call, to: worker), is: "in-progress")
      }
      gate.open()
      let answer = try await first.value
      for worker in [0, 1] { expectReplay(try await fleet.send(call, to: worker), of: answer) }
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("B4 failures are stored and replayed like successes")
  func failures() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      for status in [201, 400, 402, 403, 404, 410, 422, 500, 501, 502, 503, 504] {
        fleet.origin.answers { call in ScriptedAnswer(status, #"{"call":\#(call.number)}"#) }
        try await expectOnce(Call("POST", Self.transfers, key: freshKey()), in: fleet, status: status)
      }
      let busy = ScriptedAnswer(503, fields: [Field("Retry-After", "1")], "{}")
      fleet.origin.answers(with: busy)
      try await expectOnce(Call("POST", Self.transfers, key: freshKey()), in: fleet, status: 503)
    }
  }

  @Test("B4 an operation that gave no answer is a failure like any other: stored and replayed")
  func noAnswer() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      fleet.origin.answers { _ in throw Origin.Reset() }
      let call = Call("POST", Self.transfers, key: freshKey())
      let first = try await fleet.send(call)
      #expect(first.status == 502)
      fleet.origin.answers(Origin.payment)
      for worker in [0, 1] { expectReplay(try await fleet.send(call, to: worker), of: first) }
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("B5 the same key with a different operation replays the first answer")
  func otherOperation() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      let key = freshKey()
      let first = try await expectOnce(Call("POST", Self.transfers, key: key), in: fleet)
      for call in [
        Call("POST", Self.transfers, key: key, body: #"{"amount":"999.00"}"#),
        Call("POST", "/wallets/w2/transfers", key: key), Call("POST", Self.transfers + "?dry=1", key: key, body: ""),
      ] {
        for worker in [0, 1] { expectReplay(try await fleet.send(call, to: worker), of: first) }
      }
      // Another caller's key is another key.
      expectExecuted(try await fleet.send(Call("POST", Self.transfers, key: key, caller: "bob")))
      #expect(fleet.origin.calls.count == 2)
    }
  }

  @Test("B6 POST /payments does not take the key: with one it runs every time")
  func payments() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      let call = Call("POST", "/payments", key: freshKey())
      var bodies: Set<[UInt8]> = []
      for worker in [0, 1, 0, 1] {
        let reply = try await fleet.send(call, to: worker)
        #expect(reply.status == 201)
        #expect(reply.label == "ignored")
        bodies.insert(reply.body)
      }
      #expect(fleet.origin.calls.count == 4)
      #expect(bodies.count == 4)
      #expect(try await fleet.records().isEmpty)
    }
  }

  @Test("B7 the published client ends, whatever the origin answers")
  func clientEnds() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      let large = ScriptedAnswer(200, body: .bytes(Array(repeating: 0x20, count: 1 << 20) + Array("{}".utf8)))
      let answers: [(first: ScriptedAnswer, retry: Int)] = [
        (ScriptedAnswer(201, "{}"), 201), (ScriptedAnswer(402, "{}"), 402), (ScriptedAnswer(422, "{}"), 422),
        (ScriptedAnswer(500, "{}"), 500), (ScriptedAnswer(503, fields: [Field("Retry-After", "1")], "{}"), 503),
        (ScriptedAnswer(504, "{}"), 504), (large, 410),
      ]
      for (answer, retry) in answers {
        fleet.origin.answers(with: answer)
        let client = BalansasClient(fleet: fleet, key: freshKey())
        let first = try await client.send()
        #expect(first.status == answer.status)
        let second = try await client.send(.node)
        #expect(second.status == retry)
        // `return res.json()`
        _ = try JSONDecoder().decode(JSONValue.self, from: Data(second.text.utf8))
        #expect(first.requests == 1 && second.requests == 1)
        #expect(fleet.origin.calls(key: client.key).count == 1)
      }
    }
  }

  @Test(
    "B7 the published client ends with the operation's answer where the origin itself said 409 at first",
    arguments: BalansasClient.Runtime.allCases)
  func originConflict(_ runtime: BalansasClient.Runtime) async throws {
    try await ProfileFleet.run("balansas") { fleet in
      fleet.origin.answers(inTurn: [ScriptedAnswer(409, "{}"), ScriptedAnswer(201, #"{"payment":1}"#)])
      let client = BalansasClient(fleet: fleet, key: freshKey())
      let ended = try await client.send(runtime)
      #expect(ended.status == 201)
      #expect(ended.requests == 2)
      #expect(try await fleet.send(client.call).isReplay)
      #expect(fleet.origin.calls.count == 2)
    }
  }

  @Test("B7 many published clients at once with one key all end with the one answer")
  func duplicates() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let client = BalansasClient(fleet: fleet, key: freshKey())
      let ended = try await withThrowingTaskGroup(of: BalansasClient.Ended.self) { group in
        for number in 0..<20 { group.addTask { try await client.send(number < 2 ? .node : .transcribed) } }
        try await holds("each but one was refused once") {
          var refused: Int64 = 0
          for worker in fleet.workers { refused += try await worker.requests(policy: nil)?["in-progress"] ?? 0 }
          return refused >= 19
        }
        gate.open()
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(ended.map(\.text)).count == 1)
      #expect(ended.allSatisfy { $0.status == 201 })
      #expect(ended.count { $0.requests > 1 } > 10)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test(
    "B7 the published client ends after a crash of the worker that served it, and so do those that waited for it",
    arguments: BalansasClient.Runtime.allCases)
  func crash(_ runtime: BalansasClient.Runtime) async throws {
    try await ProfileFleet.run("balansas") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let client = BalansasClient(fleet: fleet, key: freshKey())
      async let served = client.send(runtime)
      await gate.reached()
      var other = client
      other.workers = [1]
      async let waiting = other.send()
      try await holds("one waits") { try await fleet.workers[1].requests(policy: nil)?["in-progress"] ?? 0 > 0 }
      await fleet.workers[0].kill()
      for ended in try await [served, waiting] {
        #expect(ended.status == 500)
        #expect(ended.text.contains("#outcome-lost"), "\(ended.text)")
        #expect(ended.requests > 2, "the lease still ran")
      }
      let answer = try await fleet.send(client.call, to: 1)
      try expect(answer, is: "outcome-lost")
      gate.open()
      await fleet.origin.answered()
      expectReplay(try await fleet.send(client.call, to: 1), of: answer)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("B7 the published client ends where its key ran for another operation, on a worker that was killed")
  func crashOfAnother() async throws {
    try await ProfileFleet.run("balansas") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let client = BalansasClient(fleet: fleet, key: freshKey(), workers: [1])
      var another = client
      another.amount = "999.00"
      let lost = fleet.begin(client.call, to: 0)
      await gate.reached()
      await fleet.workers[0].kill()
      await #expect(throws: (any Error).self, "a killed worker gives no answer") { try await lost.value }
      // Nothing is decided in the name of an operation that is not the key's.
      let ended = try await another.send()
      #expect(ended.status == 500)
      #expect(ended.text.contains("#outcome-uncertain"), "\(ended.text)")
      #expect(try await client.send().text.contains("#outcome-lost"))
      #expect(try await another.send().text.contains("#outcome-lost"))
      #expect(fleet.origin.calls.count == 1)
      gate.open()
    }
  }
}

import Foundation
import Testing
@testable import Harness

@Suite("Profile nora", .timeLimit(.minutes(10)))
struct NoraProfileTests {
  private static let onramp = "/v2/intents/onramp"
  private static let offramp = "/v2/intents/offramp"

  /// An approval as the page describes it: no key field, the signature in the body.
  private func approval(_ signature: String, of intent: String = "i1", more: String = "") -> Call {
    Call("POST", "/v2/intents/\(intent)/approve-burn", body: #"{"txSignature":"\#(signature)"\#(more)}"#)
  }

  @Test("N1 onramp and offramp take a UUID of any version, and run without one, too", arguments: [onramp, offramp])
  func key(_ path: String) async throws {
    try await ProfileFleet.run("nora") { fleet in
      for key in ["click-1", "", "3f9c2a7e1b4d4c8a9e217d5f0b6a1c33", "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c3g"] {
        try expect(try await fleet.send(Call("POST", path, key: key)), is: "key-malformed")
      }
      #expect(fleet.origin.calls.isEmpty)
      for key in [
        "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33", "3f9c2a7e-1b4d-1c8a-9e21-7d5f0b6a1c33",
        "0190163d-8694-739b-aea5-966c26f8ad91",
      ] { try await expectOnce(Call("POST", path, key: key), in: fleet) }
      for worker in [0, 1] {
        let reply = try await fleet.send(Call("POST", path), to: worker)
        #expect(reply.status == 201)
        #expect(reply.label == nil)
      }
      #expect(fleet.origin.calls.count == 5)
    }
  }

  @Test("N2 the same UUID on two paths is two operations")
  func paths() async throws {
    try await ProfileFleet.run("nora") { fleet in
      let key = freshKey()
      let on = try await expectOnce(Call("POST", Self.onramp, key: key), in: fleet)
      let off = try await expectOnce(Call("POST", Self.offramp, key: key), in: fleet)
      #expect(on.body != off.body)
      expectReplay(try await fleet.send(Call("POST", Self.onramp, key: key), to: 1), of: on)
      #expect(fleet.origin.calls.map(\.target) == [Self.onramp, Self.offramp])
    }
  }

  @Test("N2 an edited form sent with the old UUID gets the old answer")
  func edited() async throws {
    try await ProfileFleet.run("nora") { fleet in
      let key = freshKey()
      let first = try await expectOnce(Call("POST", Self.onramp, key: key, body: #"{"amount":"1"}"#), in: fleet)
      let edited = Call("POST", Self.onramp, key: key, body: #"{"amount":"2"}"#)
      expectReplay(try await fleet.send(edited, to: 1), of: first)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("N3 the same UUID under two X-API-Keys is two operations; without one there is no caller")
  func callers() async throws {
    try await ProfileFleet.run("nora") { fleet in
      let key = freshKey()
      let sandbox = try await expectOnce(Call("POST", Self.onramp, key: key, caller: "sandbox"), in: fleet)
      let production = try await expectOnce(Call("POST", Self.onramp, key: key, caller: "production"), in: fleet)
      #expect(sandbox.body != production.body)
      let reply = try await fleet.send(Call("POST", Self.onramp, key: key, caller: nil))
      #expect(reply.problem == "principal-missing")
      #expect(reply.status == 401)
      #expect(fleet.origin.calls.count == 2)
    }
  }

  @Test("N4 the same signature again is a no-op that replays, at every worker and while it runs")
  func sameSignature() async throws {
    try await ProfileFleet.run("nora") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let first = fleet.begin(approval("sig-1"))
      await gate.reached()
      try expect(try await fleet.send(approval("sig-1"), to: 1), is: "in-progress")
      gate.open()
      let answer = try await first.value
      expectExecuted(answer)
      for call in [
        approval("sig-1"), approval("sig-1", more: #", "clientTime": 2"#),
        approval("sig-1").with { $0.fields.append(Field("Idempotency-Key", freshKey())) },
      ] {
        for worker in [0, 1] { expectReplay(try await fleet.send(call, to: worker), of: answer) }
      }
      #expect(fleet.origin.calls.count == 1)
      // Another intent has its own approval.
      expectExecuted(try await fleet.send(approval("sig-1", of: "i2")))
    }
  }

  @Test("N4 another signature for an intent that has one is rejected, and one that comes while it runs")
  func otherSignature() async throws {
    try await ProfileFleet.run("nora") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let first = fleet.begin(approval("sig-1"))
      await gate.reached()
      try expect(try await fleet.send(approval("sig-2"), to: 1), is: "key-reused")
      gate.open()
      let answer = try await first.value
      for worker in [0, 1] {
        try expect(try await fleet.send(approval("sig-2"), to: worker), is: "key-reused")
        try expect(try await fleet.send(approval("SIG-1"), to: worker), is: "key-reused")
      }
      expectReplay(try await fleet.send(approval("sig-1"), to: 1), of: answer)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("N4 after an attempt that failed a fresh signature is accepted, and stays")
  func freshSignature() async throws {
    try await ProfileFleet.run("nora") { fleet in
      for status in [400, 409, 422, 429, 500] {
        let intent = "i\(status)"
        let before = fleet.origin.calls.count
        fleet.origin.answers { _ in ScriptedAnswer(status, #"{"error":"blockhash expired"}"#) }
        let failed = try await fleet.send(approval("old", of: intent))
        #expect(failed.status == status)
        #expect(failed.label == "released")
        // The same signature may fail again, and frees it again.
        #expect(try await fleet.send(approval("old", of: intent), to: 1).label == "released")
        fleet.origin.answers(Origin.payment)
        try await expectOnce(approval("fresh", of: intent), in: fleet)
        for signature in ["old", "third"] {
          try expect(try await fleet.send(approval(signature, of: intent), to: 1), is: "key-reused")
        }
        #expect(fleet.origin.calls.count == before + 3)
      }
    }
  }

  @Test("N4 where nobody knows the outcome the same signature goes again, and no other")
  func unknown() async throws {
    let lease = Profile.Replacement.lease("1s", after: "onUnknownOutcome: execute-again")
    try await ProfileFleet.run("nora", replacing: [lease]) { fleet in
      fleet.origin.answers { _ in throw Origin.Reset() }
      let broken = try await fleet.send(approval("sig-1"))
      #expect(broken.status == 502)
      fleet.origin.answers(Origin.payment)
      try expect(try await fleet.send(approval("sig-2")), is: "key-reused")
      let answer = try await fleet.settled(approval("sig-1"))
      expectExecuted(answer)
      #expect(fleet.origin.calls.map(\.attempt) == ["1", "2"])
      try expect(try await fleet.send(approval("sig-2")), is: "key-reused")
      expectReplay(try await fleet.send(approval("sig-1")), of: answer)
    }
  }

  @Test("N5 POST /v2/parties and PATCH are not guarded")
  func unguarded() async throws {
    try await ProfileFleet.run("nora") { fleet in
      let key = freshKey()
      for call in [
        Call("POST", "/v2/parties", key: key), Call("PATCH", "/v2/parties/p1/wallet", key: key),
        Call("PATCH", Self.onramp, key: key), Call("POST", "/v2/intents", key: key),
        Call("POST", "/v2/intents/i1", key: key),
      ] {
        let before = fleet.origin.calls.count
        for worker in [0, 1] {
          let reply = try await fleet.send(call, to: worker)
          #expect(reply.status == 201)
          #expect(reply.label == "ignored")
        }
        #expect(fleet.origin.calls.count == before + 2, "\(call.method) \(call.path)")
      }
      // Their own refusal of a duplicate passes through.
      fleet.origin.answers { _ in ScriptedAnswer(409, #"{"error":"cpf"}"#) }
      let reply = try await fleet.send(Call("POST", "/v2/parties"))
      #expect(reply.status == 409)
      #expect(reply.layerFields.isEmpty)
      #expect(try await fleet.records().isEmpty)
    }
  }

  @Test("N6 GET never is")
  func get() async throws {
    try await ProfileFleet.run("nora") { fleet in
      fleet.origin.answers { call in ScriptedAnswer(200, "\(call.number)") }
      for path in [Self.onramp, Self.offramp, "/v2/intents/i1/approve-burn", "/v2/intents/i1", "/v2/parties"] {
        for worker in [0, 1] {
          let reply = try await fleet.send(Call("GET", path, key: "any", body: ""), to: worker)
          #expect(reply.status == 200)
          #expect(reply.label == "ignored")
        }
      }
      #expect(fleet.origin.calls.count == 10)
      #expect(try await fleet.records().isEmpty)
    }
  }

  @Test("N7 replays keep the original status code")
  func status() async throws {
    try await ProfileFleet.run("nora") { fleet in
      for status in [200, 201, 202, 204, 303, 400, 404, 409, 422, 500] {
        fleet.origin.answers { _ in ScriptedAnswer(status) }
        try await expectOnce(Call("POST", Self.onramp, key: freshKey()), in: fleet, status: status)
      }
    }
  }

  @Test("N8 after the window a retry runs anew", arguments: [onramp, offramp])
  func window(_ path: String) async throws {
    try await ProfileFleet.run("nora", replacing: [.retention(by: "3s", lease: "1s")]) { fleet in
      let call = Call("POST", path, key: freshKey())
      let first = try await expectOnce(call, in: fleet)
      let second = try await fleet.settled(call, while: ["replayed"])
      expectExecuted(second)
      #expect(second.body != first.body)
      #expect(fleet.origin.calls.count == 2)
    }
  }

  @Test("N9 an app that crashed retries with its stored UUID: its first call landed, so it gets the original answer")
  func landed() async throws {
    try await ProfileFleet.run("nora") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = Call("POST", Self.onramp, key: freshKey())
      let app = try await RawConnection.open(to: fleet.workers[0])
      try await app.send(call)
      await gate.reached()
      await app.close()
      try expect(try await fleet.send(call, to: 1), is: "in-progress")
      gate.open()
      let answer = try await fleet.settled(call)
      #expect(answer.status == 201)
      #expect(answer.isReplay)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("N9 its first call did not land, in whole or at all: the operation runs, once")
  func notLanded() async throws {
    try await ProfileFleet.run("nora") { fleet in
      let call = Call("POST", Self.onramp, key: freshKey())
      let app = try await RawConnection.open(to: fleet.workers[0])
      try await app.send(Array(call.bytes().dropLast(5)))
      await app.close()
      try await fleet.server.refuse()
      let unreachable = try await fleet.send(call)
      try expect(unreachable, is: "origin-unreachable")
      try await fleet.server.accept()
      try await expectOnce(call, in: fleet)
    }
  }
}

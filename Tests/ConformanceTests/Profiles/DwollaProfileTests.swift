import Testing
@testable import Harness

@Suite("Profile dwolla", .timeLimit(.minutes(10)))
struct DwollaProfileTests {
  /// A transfer as the page shows it, its application named by the gateway.
  private func transfer(key: String? = freshKey(), token: String = "pBA9fVDBEyYZCEsLf", body: String = "{}") -> Call {
    Call(
      "POST", "/transfers", key: key, caller: nil, body: body,
      fields: [
        Field("Content-Type", "application/vnd.dwolla.v1.hal+json"), Field("Authorization", "Bearer \(token)"),
        Field("X-Dwolla-Application", "app-1"),
      ])
  }

  /// An outcome that nobody knows is forgotten after two seconds instead of ten minutes.
  private static let short = Profile.Replacement.retention("uncertainRetention: 10m", by: "2s", lease: "1s")

  @Test("D1 the field is optional: without it every POST runs")
  func optional() async throws {
    try await ProfileFleet.run("dwolla") { fleet in
      for path in ["/transfers", "/customers", "/"] {
        for worker in [0, 1] {
          let reply = try await fleet.send(Call("POST", path, caller: nil), to: worker)
          #expect(reply.status == 201)
          #expect(reply.layerFields.isEmpty)
        }
      }
      #expect(fleet.origin.calls.count == 6)
      #expect(try await fleet.records().isEmpty)
    }
  }

  @Test("D2 any string is a key")
  func anyString() async throws {
    try await ProfileFleet.run("dwolla") { fleet in
      for key in [
        "d2adcbab-4e4e-430b-9181-ac9346be723a", "1", "order 17", "a;b=c", "{[(<~!@#$%^&*_+='`|/?:.>)]}", "UPPER",
        "upper", String(repeating: "k", count: 255), #""a, \"b\"""#,
      ] {
        try await expectOnce(transfer(key: key), in: fleet)
      }
      #expect(fleet.origin.calls.count == 9)
    }
  }

  @Test("D3 the same key on a POST returns the original response, 201 and Location, under a renewed token too")
  func original() async throws {
    try await ProfileFleet.run("dwolla") { fleet in
      fleet.origin.answers { call in
        ScriptedAnswer(201, fields: [Field("Location", "https://api-uat.dwolla.com/transfers/\(call.number)")])
      }
      let key = freshKey()
      let first = try await expectOnce(transfer(key: key), in: fleet)
      #expect(first["Location"] == "https://api-uat.dwolla.com/transfers/1")
      let renewed = try await fleet.send(transfer(key: key, token: "renewed"), to: 1)
      expectReplay(renewed, of: first)
      #expect(renewed["Location"] == first["Location"])
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("D4 a key is kept for 24 hours")
  func retention() async throws {
    try await ProfileFleet.run("dwolla") { fleet in
      try await expectOnce(transfer(), in: fleet)
      #expect((86_340_000...86_400_000).contains(try await fleet.record().ttl))
    }
  }

  @Test("D4 after its retention a key is new")
  func expiry() async throws {
    try await ProfileFleet.run("dwolla", replacing: [.retention(by: "3s", lease: "1s")]) { fleet in
      let call = transfer()
      let first = try await expectOnce(call, in: fleet)
      let second = try await fleet.settled(call, while: ["replayed"])
      expectExecuted(second)
      #expect(second.body != first.body)
      #expect(fleet.origin.calls.count == 2)
    }
  }

  @Test("D5 a failure without effect is released at once: the same key runs again, at any worker")
  func released() async throws {
    try await ProfileFleet.run("dwolla") { fleet in
      for status in [500, 501, 503, 507, 599] {
        let before = fleet.origin.calls.count
        fleet.origin.answers { _ in ScriptedAnswer(status, "{}") }
        let call = transfer()
        for worker in [0, 1] {
          let reply = try await fleet.send(call, to: worker)
          #expect(reply.status == status)
          #expect(reply.label == "released")
        }
        fleet.origin.answers(Origin.payment)
        try await expectOnce(call, in: fleet)
        #expect(fleet.origin.calls.suffix(3).map(\.attempt) == ["1", "2", "3"])
        #expect(fleet.origin.calls.count == before + 3)
      }
    }
  }

  @Test("D5 a refusal is final: a 4xx is stored")
  func refused() async throws {
    try await ProfileFleet.run("dwolla") { fleet in
      fleet.origin.answers { _ in ScriptedAnswer(400, #"{"code":"ValidationError"}"#) }
      try await expectOnce(transfer(), in: fleet, status: 400)
    }
  }

  @Test("D5 a hung operation's late answer is the key's")
  func late() async throws {
    try await ProfileFleet.run("dwolla", flags: ["--origin-timeout", "1s"]) { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = transfer()
      let first = try await fleet.send(call)
      try expect(first, is: "origin-timeout")
      try expect(try await fleet.send(call, to: 1), is: "outcome-uncertain")
      gate.open()
      let answer = try await fleet.settled(call, while: ["uncertain"])
      #expect(answer.isReplay)
      #expect(answer.status == 201)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("D5 a hung operation does not lock its key for the retention: ten minutes, then it is new")
  func hung() async throws {
    try await ProfileFleet.run("dwolla", flags: ["--origin-timeout", "1s"]) { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      try expect(try await fleet.send(transfer()), is: "origin-timeout")
      let record = try await fleet.record()
      #expect(record.state == "U")
      #expect((590_000...600_000).contains(record.ttl), "\(record.ttl)")
      gate.open()
    }
    try await ProfileFleet.run("dwolla", replacing: [Self.short], flags: ["--origin-timeout", "1s"]) { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = transfer()
      try expect(try await fleet.send(call), is: "origin-timeout")
      fleet.origin.answers(Origin.payment)
      let answer = try await fleet.settled(call, while: ["uncertain"])
      expectExecuted(answer)
      // Whoever hung comes too late to change that.
      gate.open()
      await fleet.origin.answered(times: 2)
      expectReplay(try await fleet.send(call), of: answer)
      #expect(fleet.origin.calls.count == 2)
    }
  }

  @Test("D5 an operation that broke off or ran into a gateway's time-out does not lock its key either")
  func brokenOff() async throws {
    try await ProfileFleet.run("dwolla", replacing: [Self.short]) { fleet in
      let failures: [(Origin.Script, Int)] = [
        ({ _ in throw Origin.Reset() }, 502), ({ _ in ScriptedAnswer(504) }, 504), ({ _ in ScriptedAnswer(502) }, 502),
      ]
      for (failure, status) in failures {
        fleet.origin.answers(failure)
        let call = transfer()
        let first = try await fleet.send(call)
        #expect(first.status == status)
        #expect(first.label == "uncertain")
        try expect(try await fleet.send(call, to: 1), is: "outcome-uncertain")
        fleet.origin.answers(Origin.payment)
        expectExecuted(try await fleet.settled(call, while: ["uncertain"]))
      }
    }
  }

  @Test("D5 a worker's crash does not lock its operations' keys either")
  func crash() async throws {
    try await ProfileFleet.run("dwolla", replacing: [Self.short]) { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = transfer()
      let lost = fleet.begin(call)
      await gate.reached()
      await fleet.workers[0].kill()
      await #expect(throws: (any Error).self) { try await lost.value }
      fleet.origin.answers(Origin.payment)
      expectExecuted(try await fleet.settled(call, while: ["in-progress", "uncertain"]))
      #expect(fleet.origin.calls.count == 2)
      gate.open()
    }
  }
}

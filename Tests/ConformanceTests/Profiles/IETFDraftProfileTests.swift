import Testing
@testable import Harness

@Suite("Profile ietf-draft", .timeLimit(.minutes(10)))
struct IETFDraftProfileTests {
  /// A structured-field string (RFC 9651 section 3.3.3).
  private func quoted(_ text: String = freshKey()) -> String { "\"\(text)\"" }

  @Test("K1 the field is Idempotency-Key in any letter case, and no other")
  func name() async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      let key = quoted()
      let first = try await expectOnce(Call(key: key), in: fleet)
      for name in ["idempotency-key", "IDEMPOTENCY-KEY", "iDEMPOTENCY-kEY"] {
        let call = Call().with { $0.fields.append(Field(name, key)) }
        for worker in [0, 1] { expectReplay(try await fleet.send(call, to: worker), of: first, "\(name)") }
      }
      for name in ["Idempotency_Key", "X-Idempotency-Key"] {
        try expect(try await fleet.send(Call().with { $0.fields.append(Field(name, key)) }), is: "key-missing")
      }
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test(#"K2 the key is a structured-field string, in which only \" and \\ are escapes"#)
  func string() async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      for key in [
        #""8e03978e-40d5-43e8-bc93-6894a57f9324""#, #""a""#, #""a b""#, #""a,b;c=d""#, #""a\"b""#, #""a\\b""#,
        #""~ !""#,
      ] { try await expectOnce(Call(key: key), in: fleet) }
      let calls = fleet.origin.calls.count
      for key in [#""a\nb""#, #""a\u0041""#, #""abc"#, #"abc""#, #"""#, #""a"b"#, #""a\""#, #""ä""#, #""""#] {
        try expect(try await fleet.send(Call(key: key)), is: "key-malformed")
      }
      #expect(fleet.origin.calls.count == calls)
      #expect(try await fleet.records().count == calls)
    }
  }

  @Test("K3 its parameters are ignored")
  func parameters() async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      let key = quoted()
      let first = try await expectOnce(Call(key: key), in: fleet)
      for parameters in [";a=1", "; a", #";a="x";b=?0"#] {
        expectReplay(try await fleet.send(Call(key: key + parameters), to: 1), of: first)
      }
    }
  }

  @Test("K4, K5 with strict a bare key is malformed, and so is every other structured type")
  func strict() async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      for key in [
        "8e03978e-40d5-43e8-bc93-6894a57f9324", "k", "1", "1.5", "?1", ":YQ==:", "(\"a\")", "@1", "%\"a\"", "a;b=1",
      ] {
        try expect(try await fleet.send(Call(key: key)), is: "key-malformed")
      }
      #expect(fleet.origin.calls.isEmpty)
      #expect(try await fleet.records().isEmpty)
    }
  }

  @Test("K6 two field lines, or a list of two, are refused, equal or not")
  func several() async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      for (one, other) in [(quoted("a"), quoted("a")), (quoted("a"), quoted("b"))] {
        let twice = Call(key: one).with { $0.fields.append(Field("idempotency-key", other)) }
        for call in [twice, Call(key: "\(one), \(other)"), Call(key: "\(one),\(other)")] {
          try expect(try await fleet.send(call), is: "key-malformed")
        }
      }
      #expect(fleet.origin.calls.isEmpty)
      #expect(try await fleet.records().isEmpty)
    }
  }

  @Test("A2 without the key: 400, Idempotency-Key is missing", arguments: ["POST", "PATCH"])
  func missing(_ method: String) async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      for worker in [0, 1] { try expect(try await fleet.send(Call(method), to: worker), is: "key-missing") }
      #expect(fleet.origin.calls.isEmpty)
      // What is idempotent as it is needs none.
      for method in ["GET", "PUT", "DELETE"] { #expect(try await fleet.send(Call(method)).status == 201) }
    }
  }

  @Test("F1 the same key with another payload: 422, Idempotency-Key is already used", arguments: ["POST", "PATCH"])
  func otherPayload(_ method: String) async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      let key = quoted()
      let first = try await expectOnce(Call(method, key: key), in: fleet)
      for body in [#"{"amount":"100.01"}"#, #"{ "amount":"100.00"}"#, ""] {
        for worker in [0, 1] {
          try expect(try await fleet.send(Call(method, key: key, body: body), to: worker), is: "key-reused")
        }
      }
      expectReplay(try await fleet.send(Call(method, key: key), to: 1), of: first)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("E2 while it runs: 409 with Retry-After, a request is outstanding", arguments: ["POST", "PATCH"])
  func outstanding(_ method: String) async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = Call(method, key: quoted())
      let first = fleet.begin(call)
      await gate.reached()
      for worker in [0, 1] { try expect(try await fleet.send(call, to: worker), is: "in-progress") }
      gate.open()
      let answer = try await first.value
      for worker in [0, 1] { expectReplay(try await fleet.send(call, to: worker), of: answer) }
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("E9 a retry gets the result of the completed operation, success or error")
  func result() async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      for status in [200, 201, 202, 204, 303, 400, 403, 404, 409, 410, 422, 500] {
        fleet.origin.answers { call in ScriptedAnswer(status, status == 204 ? "" : "result \(call.number)") }
        try await expectOnce(Call(key: quoted()), in: fleet, status: status)
      }
    }
  }

  @Test("E12 errors are problems with a type, a title and a detail, in a named language")
  func problems() async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      let reply = try await fleet.send(Call())
      #expect(reply["Content-Type"] == "application/problem+json")
      #expect(reply["Content-Language"] == "en")
      let json = try reply.json
      #expect(json["title"] == .string("Idempotency-Key is missing"))
      #expect(json["detail"]?.string?.isEmpty == false)
      // The link that the draft wants leads to what is published.
      let link = try #require(json["type"]?.string)
      let path = String(link.prefix { $0 != "#" })
      #expect(try await fleet.send(Call("GET", path, caller: nil, body: "")).status == 200)
    }
  }

  @Test("E15 what is required and when it expires is published")
  func published() async throws {
    try await ProfileFleet.run("ietf-draft") { fleet in
      for worker in [0, 1] {
        let reply = try await fleet.send(Call("GET", "/.well-known/idempotency", caller: nil, body: ""), to: worker)
        #expect(reply.status == 200)
        let policies = try #require(try reply.json["policies"]?.array?.compactMap(\.object))
        #expect(policies.count == 1)
        let policy = try #require(policies.first)
        #expect(policy["methods"] == .array([.string("PATCH"), .string("POST")]))
        #expect(policy["path"] == .string("/**"))
        #expect(policy["retention_seconds"] == .number(86_400))
        let key = try #require(policy["key"]?.object)
        #expect(key["header"] == .string("Idempotency-Key"))
        #expect(key["required"] == .bool(true))
        #expect(key["strict"] == .bool(true))
      }
      #expect(fleet.origin.calls.isEmpty)
    }
  }
}

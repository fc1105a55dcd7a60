import Testing
@testable import Harness

@Suite("Profile stripe", .timeLimit(.minutes(10)))
struct StripeProfileTests {
  @Test("S1 an optional key of up to 255 characters, kept for 24 hours")
  func key() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      try await expectOnce(StripeClient.charge(key: String(repeating: "k", count: 255)), in: fleet)
      #expect((86_340_000...86_400_000).contains(try await fleet.record().ttl))
      try expect(
        try await fleet.send(StripeClient.charge(key: String(repeating: "k", count: 256))), is: "key-malformed")
      for key in ["order_17", "a b", "KG5Lxw"] { try await expectOnce(StripeClient.charge(key: key), in: fleet) }
      for worker in [0, 1] {
        let reply = try await fleet.send(StripeClient.charge(key: nil), to: worker)
        #expect(reply.status == 201)
        #expect(reply.label == nil)
      }
      #expect(fleet.origin.calls.count == 6)
    }
  }

  @Test("S1 after its retention a key is new")
  func expiry() async throws {
    let retention = Profile.Replacement(line: "retention: 24h", by: ["retention: 3s"])
    let lease = Profile.Replacement(line: "lease: 10s", by: ["lease: 1s"])
    try await ProfileFleet.run("stripe", replacing: [retention, lease]) { fleet in
      let call = StripeClient.charge()
      let first = try await expectOnce(call, in: fleet)
      let second = try await fleet.settled(call, while: ["replayed"])
      expectExecuted(second)
      #expect(first.body != second.body)
    }
  }

  @Test("S1 keys belong to an account: another secret key's, and a connected account's, are others")
  func accounts() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      let key = freshKey()
      for call in [
        StripeClient.charge(key: key), StripeClient.charge(key: key, secret: "sk_test_other"),
        StripeClient.charge(key: key, account: "acct_1"), StripeClient.charge(key: key, account: "acct_2"),
      ] { try await expectOnce(call, in: fleet) }
      #expect(fleet.origin.calls.count == 4)
      for record in try await fleet.records() { #expect(!record.key.contains("sk_test")) }
    }
  }

  @Test("S2 the result is stored whatever its status, once execution began")
  func everyStatus() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      for status in [200, 201, 400, 402, 403, 404, 409, 424, 500, 501, 502, 503, 504] {
        fleet.origin.answers { call in ScriptedAnswer(status, #"{"request":\#(call.number)}"#) }
        try await expectOnce(StripeClient.charge(), in: fleet, status: status)
      }
      fleet.origin.answers { _ in ScriptedAnswer(503, fields: [Field("Retry-After", "1")]) }
      try await expectOnce(StripeClient.charge(), in: fleet, status: 503)
    }
  }

  @Test("S2 where execution began and gave no answer, what the caller is told is the result")
  func noAnswer() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      fleet.origin.answers { _ in throw Origin.Reset() }
      let call = StripeClient.charge()
      let first = try await fleet.send(call)
      try expect(first, is: "origin-failed", retryable: false, label: "executed")
      fleet.origin.answers(Origin.payment)
      for worker in [0, 1] { expectReplay(try await fleet.send(call, to: worker), of: first) }
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test(
    "S3 a request that the origin refused before execution stores nothing", arguments: [400, 401, 409, 429, 500, 503])
  func refused(_ status: Int) async throws {
    try await ProfileFleet.run("stripe") { fleet in
      fleet.origin.answers { _ in
        ScriptedAnswer(status, fields: [Field("Idempotency-Result", "release")], #"{"error":{"param":"source"}}"#)
      }
      let key = freshKey()
      for (number, worker) in [0, 1, 0].enumerated() {
        let reply = try await fleet.send(StripeClient.charge(amount: 1_000 + number, key: key), to: worker)
        #expect(reply.status == status)
        #expect(reply.label == "released")
        #expect(reply["Idempotency-Result"] == nil)
      }
      fleet.origin.answers(Origin.payment)
      // With corrected parameters.
      try await expectOnce(StripeClient.charge(key: key), in: fleet)
      #expect(fleet.origin.calls.count == 4)
    }
  }

  @Test("S3 a concurrent duplicate stores nothing")
  func concurrent() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = StripeClient.charge()
      let first = fleet.begin(call)
      await gate.reached()
      let token = try await fleet.record().token
      for worker in [1, 0, 1] { try expect(try await fleet.send(call, to: worker), is: "in-progress") }
      let record = try await fleet.record()
      #expect(record.state == "R" && record.token == token)
      gate.open()
      let answer = try await first.value
      expectReplay(try await fleet.send(call, to: 1), of: answer)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("S4 other parameters with the same key are an error, and so is another endpoint")
  func otherParameters() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      let key = freshKey()
      let first = try await expectOnce(StripeClient.charge(key: key), in: fleet)
      for call in [
        StripeClient.charge(amount: 2_001, key: key), StripeClient.charge(key: key).with { $0.path = "/v1/refunds" },
      ] {
        for worker in [0, 1] { try expect(try await fleet.send(call, to: worker), is: "key-reused", status: 400) }
      }
      expectReplay(try await fleet.send(StripeClient.charge(key: key)), of: first)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("S5 a replay says Idempotent-Replayed: true, and nothing else does")
  func marker() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      let call = StripeClient.charge()
      let first = try await fleet.send(call)
      #expect(first["Idempotent-Replayed"] == nil)
      for worker in [0, 1] {
        let replay = try await fleet.send(call, to: worker)
        #expect(replay.values("Idempotent-Replayed") == ["true"])
      }
      let other = try await fleet.send(StripeClient.charge(key: nil))
      #expect(other["Idempotent-Replayed"] == nil)
    }
  }

  @Test("S6 a duplicate that a library retries on 409 gets the first one's answer")
  func retriesConflict() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = StripeClient.charge()
      let first = fleet.begin(call)
      await gate.reached()
      async let duplicate = StripeClient(fleet: fleet, workers: [1, 0]).request(call)
      try await holds("409 was said") { try await fleet.workers[1].requests(policy: "v1")?["in-progress"] ?? 0 > 0 }
      gate.open()
      let answer = try await first.value
      let result = try await duplicate
      #expect(result.tries == 2)
      expectReplay(try #require(result.reply), of: answer)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("S6 a library's retries of a 5xx that is no result bring the operation through, with one key")
  func retriesServerError() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      let refusal = [Field("Idempotency-Result", "release")]
      fleet.origin.answers(inTurn: [
        ScriptedAnswer(503, fields: refusal), ScriptedAnswer(500, fields: refusal), ScriptedAnswer(200, "charged"),
      ])
      let call = StripeClient.charge()
      let result = try await StripeClient(fleet: fleet).request(call)
      #expect(result.tries == 3)
      #expect(result.reply?.status == 200)
      #expect(Set(fleet.origin.calls.map(\.key)).count == 1)
      #expect(fleet.origin.calls.map(\.attempt) == ["1", "2", "3"])
    }
  }

  @Test("S6 a library's retries of a 5xx that is a result replay it, and end")
  func replaysServerError() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      fleet.origin.answers { _ in ScriptedAnswer(500, "{}") }
      let result = try await StripeClient(fleet: fleet).request(StripeClient.charge())
      #expect(result.tries == 3)
      let reply = try #require(result.reply)
      #expect(reply.status == 500 && reply.isReplay)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("S6 Stripe-Should-Retry passes through, at first and in replays, and is obeyed")
  func shouldRetry() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      fleet.origin.answers { _ in ScriptedAnswer(500, fields: [Field("Stripe-Should-Retry", "false")]) }
      let call = StripeClient.charge()
      for isReplay in [false, true] {
        let result = try await StripeClient(fleet: fleet, workers: [isReplay ? 1 : 0]).request(call)
        #expect(result.tries == 1)
        #expect(result.reply?["Stripe-Should-Retry"] == "false")
        #expect(result.reply?.isReplay == isReplay)
      }
      #expect(fleet.origin.calls.count == 1)

      fleet.origin.answers { call in
        guard call.numberOfKey == 1 else { return ScriptedAnswer(200) }
        return ScriptedAnswer(429, fields: [Field("Stripe-Should-Retry", "true"), Field("Retry-After", "1")])
      }
      let result = try await StripeClient(fleet: fleet).request(StripeClient.charge())
      #expect(result.tries == 2)
      #expect(result.reply?.status == 200)
    }
  }

  @Test("S6 a result too large to be kept is not asked for again and again")
  func notRetained() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      fleet.origin.answers { _ in ScriptedAnswer(200, body: .bytes(Array(repeating: 0x20, count: 2 << 20))) }
      let call = StripeClient.charge()
      let first = try await StripeClient(fleet: fleet).request(call)
      #expect(first.reply?.body.count == 2 << 20)
      let second = try await StripeClient(fleet: fleet, workers: [1]).request(call)
      #expect(second.tries == 1)
      try expect(try #require(second.reply), is: "response-not-retained", status: 410)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("S6 a library's retries reach an origin that was away, and nothing was stored meanwhile")
  func originAway() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      try await fleet.server.refuse()
      let call = StripeClient.charge()
      async let result = StripeClient(fleet: fleet, maximumRetries: 5).request(call)
      try await holds("a try was in vain") { try await fleet.workers[0].requests(policy: "v1")?["released"] ?? 0 > 0 }
      try await fleet.server.accept()
      let ended = try await result
      #expect(ended.tries > 1)
      expectExecuted(try #require(ended.reply))
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("S6 a library whose worker is killed goes on at another one: 409 while the lease runs, then the result")
  func workerKilled() async throws {
    try await ProfileFleet.run("stripe") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = StripeClient.charge()
      // Eight: 12 s at the least, more than the lease; its next request goes to the worker that is left.
      let client = StripeClient(fleet: fleet, workers: [0, 1, 1, 1, 1, 1, 1, 1, 1], maximumRetries: 8)
      async let ended = client.request(call)
      await gate.reached()
      await fleet.workers[0].kill()
      let result = try await ended
      #expect(result.tries == 9)
      try expect(try #require(result.reply), is: "outcome-lost")
      #expect(fleet.origin.calls.count == 1)
      gate.open()
    }
  }
}

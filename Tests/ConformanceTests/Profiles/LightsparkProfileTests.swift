import Testing
@testable import Harness

@Suite("Profile lightspark", .timeLimit(.minutes(10)))
struct LightsparkProfileTests {
  private func payment(
    key: String? = freshKey(), account: String? = "merchant-1", body: String = #"{"sats":100000}"#
  ) -> Call {
    Call(
      "POST", "/payments", key: key, caller: nil, body: body,
      fields: account.map { [Field("X-Account-Id", $0)] } ?? [])
  }

  /// What an on-chain payment's body says, and what its broadcasts say differently.
  private func onchain(
    account: String = "merchant-1", reference: String = "invoice-7", amount: String = "0.001",
    destination: String = "bc1qw508d6", fee: Int = 3, transaction: String = "a1", asset: String = #""asset":"BTC","#
  ) -> Call {
    let body =
      #"{"reference":"\#(reference)",\#(asset)"amount":\#(amount),"destination":"\#(destination)","#
      + #""satsPerVirtualByte":\#(fee),"replaces":"\#(transaction)"}"#
    return Call("POST", "/payments/onchain", caller: nil, body: body, fields: [Field("X-Account-Id", account)])
  }

  @Test("L1 keys are scoped to the account: another's same key runs on its own and learns nothing")
  func accounts() async throws {
    try await ProfileFleet.run("lightspark") { fleet in
      let key = freshKey()
      let first = try await expectOnce(payment(key: key), in: fleet)
      let other = try await expectOnce(payment(key: key, account: "user-9", body: #"{"sats":1}"#), in: fleet)
      #expect(first.body != other.body)
      expectReplay(try await fleet.send(payment(key: key), to: 1), of: first)
      let nobody = try await fleet.send(payment(key: key, account: nil))
      #expect(nobody.status == 401)
      #expect(nobody["WWW-Authenticate"] != nil)
      #expect(fleet.origin.calls.count == 2)
      // No account stands in Redis in clear.
      let names = try await fleet.records().map(\.key)
      #expect(names.count == 2 && !names.contains { $0.contains("merchant") || $0.contains("user") })
    }
  }

  @Test("L2 a key is kept for 72 hours, longer than any confirmation takes", arguments: [false, true])
  func retention(isOnchain: Bool) async throws {
    try await ProfileFleet.run("lightspark") { fleet in
      try await expectOnce(isOnchain ? onchain() : payment(), in: fleet)
      #expect((259_140_000...259_200_000).contains(try await fleet.record().ttl))
    }
  }

  @Test("L2 after that it signals the start of a new operation")
  func expiry() async throws {
    let retention = Profile.Replacement.retention("retention: 72h", by: "3s", lease: "1s")
    try await ProfileFleet.run("lightspark", replacing: [retention]) { fleet in
      let call = payment()
      let first = try await expectOnce(call, in: fleet)
      let second = try await fleet.settled(call, while: ["replayed"])
      expectExecuted(second)
      #expect(first.body != second.body)
    }
  }

  @Test("L3 the same key with a different payload is a conflict")
  func conflict() async throws {
    try await ProfileFleet.run("lightspark") { fleet in
      let key = freshKey()
      let first = try await expectOnce(payment(key: key), in: fleet)
      for worker in [0, 1] {
        try expect(
          try await fleet.send(payment(key: key, body: #"{"sats":100001}"#), to: worker), is: "key-reused", status: 409)
      }
      expectReplay(try await fleet.send(payment(key: key), to: 1), of: first)
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("L4 a key is a UUID v4: what anybody could guess, or made for somebody else, is refused, and so is none")
  func entropy() async throws {
    try await ProfileFleet.run("lightspark") { fleet in
      for key in ["1", "order-7", "3f9c2a7e-1b4d-1c8a-9e21-7d5f0b6a1c33", "00000000-0000-0000-0000-000000000000"] {
        try expect(try await fleet.send(payment(key: key)), is: "key-malformed")
      }
      try expect(try await fleet.send(payment(key: nil)), is: "key-missing")
      #expect(fleet.origin.calls.isEmpty)
      #expect(try await fleet.records().isEmpty)
      try await expectOnce(payment(), in: fleet)
    }
  }

  @Test("L6 what may be an attack is counted where monitoring looks: conflicts, malformed keys, replays")
  func monitoring() async throws {
    try await ProfileFleet.run("lightspark") { fleet in
      let key = freshKey()
      _ = try await fleet.send(payment(key: key))
      for _ in 0..<3 { _ = try await fleet.send(payment(key: key)) }
      for _ in 0..<2 { _ = try await fleet.send(payment(key: key, body: "stolen")) }
      _ = try await fleet.send(payment(key: "guess"))
      let counts = try await fleet.workers[0].requests(policy: "payments") ?? [:]
      #expect(counts.filter { $0.value > 0 } == ["executed": 1, "replayed": 3, "mismatch": 2, "rejected": 1])
    }
  }

  @Test("L7 a client that retries 5xx and no 4xx gets its answer: in progress and uncertain are 503")
  func retries() async throws {
    try await ProfileFleet.run("lightspark") { fleet in
      let gate = Gate()
      fleet.origin.answers(behind: gate)
      let call = payment()
      let first = fleet.begin(call)
      await gate.reached()
      try expect(try await fleet.send(call, to: 1), is: "in-progress", status: 503)
      gate.open()
      let answer = try await first.value
      expectReplay(try await fleet.send(call, to: 1), of: answer)

      fleet.origin.answers { _ in throw Origin.Reset() }
      let broken = payment()
      #expect(try await fleet.send(broken).status == 502)
      try expect(try await fleet.send(broken, to: 1), is: "outcome-uncertain", status: 503)
      #expect(fleet.origin.calls.count == 2)
    }
  }

  @Test("L8 a rebroadcast and a replacement with another fee are the one operation, without any key field")
  func broadcasts() async throws {
    try await ProfileFleet.run("lightspark") { fleet in
      let first = try await expectOnce(onchain(), in: fleet)
      for call in [
        onchain(fee: 12, transaction: "b2"), onchain(amount: "1e-3"), onchain(amount: "0.0010", fee: 40),
        onchain().with { $0.fields.append(Field("Idempotency-Key", freshKey())) },
      ] {
        for worker in [0, 1] { expectReplay(try await fleet.send(call, to: worker), of: first) }
      }
      #expect(fleet.origin.calls.count == 1)
    }
  }

  @Test("L8 another account, reference, asset, amount or destination is another operation")
  func otherOperations() async throws {
    try await ProfileFleet.run("lightspark") { fleet in
      let calls = [
        onchain(), onchain(account: "merchant-2"), onchain(reference: "invoice-8"), onchain(amount: "0.0010000001"),
        onchain(destination: "bc1qother"), onchain(asset: #""asset":"LBTC","#),
      ]
      for call in calls { try await expectOnce(call, in: fleet) }
      #expect(fleet.origin.calls.count == calls.count)
      #expect(try await fleet.records().count == calls.count)
    }
  }

  @Test("L8 an operation that lacks one of them has no key, and is refused")
  func incomplete() async throws {
    try await ProfileFleet.run("lightspark") { fleet in
      try expect(try await fleet.send(onchain(asset: "")), is: "key-missing")
      try expect(try await fleet.send(onchain().with { $0.body = Array("{".utf8) }), is: "request-malformed")
      #expect(fleet.origin.calls.isEmpty)
      #expect(try await fleet.records().isEmpty)
    }
  }
}

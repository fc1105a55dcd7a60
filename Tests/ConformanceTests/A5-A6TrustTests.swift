import HTTPTypes
import Hummingbird
import Idempotency
import Testing
@testable import Harness

@Suite("A5–A6: who may say what", .eachKind, .timeLimit(.minutes(10)))
struct TrustTests {
  @Test("A5 an unidentified caller with a key gets 401, and the key is not consumed")
  func unidentified() async throws {
    var options = ClusterOptions()
    // A worker's configuration names a scheme and nothing behind it.
    let challenge = NodeKind.current == .worker ? "Bearer" : #"ApiKey realm="payments""#
    options.challenge = challenge
    try await withCluster(options) { cluster in
      let key = freshKey()
      let reply = try await cluster.send(Call(key: key, caller: nil))
      try expect(reply, is: "principal-missing")
      #expect(reply.values("WWW-Authenticate") == [challenge])
      try await cluster.expectUntouched()
      // The same key with another body: nothing was kept of the first request.
      expectExecuted(try await cluster.send(Call(key: key, body: "other"), to: 1))
    }
  }

  @Test("A5 without a key an unidentified caller is forwarded, and so is one with a key nobody guards")
  func unidentifiedWithoutKey() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      #expect(try await cluster.send(Call(caller: nil)).status == 201)
      #expect(try await cluster.send(Call("POST", "/other", key: "k", caller: nil)).label == "ignored")
      // The key comes before the caller.
      try expect(try await cluster.send(Call(key: "\"", caller: nil)), is: "key-malformed")
      try await cluster.expectUntouched(calls: 2)
    }
  }

  @Test("A5 a policy whose scope does not name the caller asks for none")
  func unscoped() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.scope = [] }])) { cluster in
      let first = try await cluster.send(Call(key: "k", caller: nil))
      expectExecuted(first)
      expectReplay(try await cluster.send(Call(key: "k", caller: "anyone"), to: 1), of: first)
      #expect(try await cluster.record().key == "\(cluster.prefix):payments:-:k")
    }
  }

  @Test("A5 callers without a name may share a scope, if the configuration says so")
  func shared() async throws {
    var options = ClusterOptions()
    options.sharesUnidentified = true
    try await withCluster(options) { cluster in
      let first = try await cluster.send(Call(key: "k", caller: nil))
      expectExecuted(first)
      expectReplay(try await cluster.send(Call(key: "k", caller: nil), to: 1), of: first)
      expectExecuted(try await cluster.send(Call(key: "k", caller: "alice")))
    }
  }

  @Test("A6 a client cannot claim an attempt; the origin learns the layer's own")
  func attempt() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let claim = [Field("Idempotency-Attempt", "7"), Field("idempotency-attempt", "8")]
      expectExecuted(try await cluster.send(Call(key: freshKey(), fields: claim)))
      _ = try await cluster.send(Call(fields: claim))
      _ = try await cluster.send(Call("GET", "/other", fields: claim))
      _ = try await cluster.send(Call("POST", "/other", key: "k", fields: claim))
      let attempts = cluster.origin.calls.map { call in
        call.fields.filter { $0.name.lowercased() == "idempotency-attempt" }.map(\.value)
      }
      #expect(attempts == [["1"], [], [], []])
    }
  }

  @Test("A6 the client's key reaches the origin as it came")
  func keyForwarded() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      for value in ["\"quoted\";a=1", "bare", "\"with \\\" and \\\\\""] {
        expectExecuted(try await cluster.send(Call(key: value)))
      }
      #expect(cluster.origin.calls.map(\.key) == ["\"quoted\";a=1", "bare", "\"with \\\" and \\\\\""])
    }
  }

  static let forged = [
    Field("Idempotency-Status", "replayed"), Field("Idempotent-Replayed", "true"),
    Field("Idempotency-Stored", "pending"),
    Field("idempotency-status", "executed"), Field("Idempotency-Result", "nonsense"),
    Field("Idempotency-Retention", "3600"),
  ]

  @Test("A6 fields of this layer that come from an origin are removed, guarded or not")
  func forgedByOrigin() async throws {
    try await withCluster { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(200, fields: Self.forged + [Field("X-Own", "1")], "body") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      #expect(first.layerFields == ["idempotency-status"])
      expectExecuted(first, status: 200)
      let second = try await cluster.send(call, to: 1)
      #expect(second.layerFields.sorted() == ["idempotency-status", "idempotent-replayed"])
      expectReplay(second, of: first)
      #expect(try await cluster.send(Call()).layerFields == [])
      #expect(try await cluster.send(Call("GET", "/other")).layerFields == [])
      let ignored = try await cluster.send(Call("POST", "/other", key: "k"))
      #expect(ignored.layerFields == ["idempotency-status"])
      #expect(ignored.label == "ignored")
      for reply in [first, second, ignored] { #expect(reply["X-Own"] == "1") }
    }
  }

  @Test("A6 the same fields on an error that the handler throws are removed, guarded or not")
  func forgedByError() async throws {
    try await withCluster { cluster in
      cluster.origin.answers { _ in
        throw HTTPError(
          .conflict,
          headers: [.init("Idempotency-Status")!: "replayed", .init("Idempotent-Replayed")!: "true"], message: "no")
      }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first, status: 409)
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(try await cluster.send(Call()).layerFields == [])
      #expect(try await cluster.send(Call("POST", "/other", key: "k")).label == "ignored")
    }
  }

  @Test("A6 with a marker of the policy's own, an origin cannot send that either")
  func forgedMarker() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.replayMarker = "X-Replay" }])) { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(200, fields: [Field("x-replay", "true")], "body") }
      let call = Call(key: freshKey())
      #expect(try await cluster.send(call).values("X-Replay") == [])
      let second = try await cluster.send(call, to: 1)
      #expect(second.values("X-Replay") == ["true"])
      #expect(second.label == "replayed")
      #expect(second["Idempotent-Replayed"] == nil)
      // Nor where nothing is guarded.
      #expect(try await cluster.send(Call("POST", "/other")).values("X-Replay") == [])
    }
  }

  @Test(
    "A6 an origin whose own layer has no final answer leaves the outcome unknown, and that answer is not stored",
    arguments: ["in-progress", "uncertain", "failed"])
  func originWithoutFinalAnswer(own: String) async throws {
    try await withCluster { cluster in
      let status = own == "failed" ? 503 : 409
      // 503 with Retry-After and 409 would be released and stored, were they the origin's own.
      cluster.origin.answers { call in
        guard call.number == 1 else { return ScriptedAnswer(200, "second") }
        let fields = [Field("Idempotency-Status", own), Field("Retry-After", "1")]
        return ScriptedAnswer(status, fields: fields, "its layer's words")
      }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      #expect(first.status == status)
      #expect(first.label == "uncertain")
      #expect(first.text == "its layer's words")
      #expect(try await cluster.record().state == "U")
      try expect(try await cluster.send(call, to: 1), is: "outcome-uncertain")
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("A6 under `store` a layer's 502 stands in for it", arguments: ["in-progress", "uncertain", "failed"])
  func originWithoutFinalAnswerStored(own: String) async throws {
    let policy = IdempotencyPolicy.payments { $0.execution.unknownOutcome = .store }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(409, fields: [Field("Idempotency-Status", own)], "its words") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      try expect(first, is: "origin-failed", retryable: false, label: "executed")
      let second = try await cluster.send(call, to: 1)
      expectReplay(second, of: first)
      try expect(second, is: "origin-failed", retryable: false, label: "replayed")
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("A6 under `execute-again` a retry takes over once the lease is over")
  func originWithoutFinalAnswerAgain() async throws {
    let policy = IdempotencyPolicy.payments(lease: .milliseconds(300)) { $0.execution.unknownOutcome = .executeAgain }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      cluster.origin.answers { call in
        guard call.number == 1 else { return ScriptedAnswer(200, "second") }
        return ScriptedAnswer(409, fields: [Field("Idempotency-Status", "in-progress")], "not yet")
      }
      let call = Call(key: freshKey())
      #expect(try await cluster.send(call).label == "uncertain")
      let second = try await eventually {
        let reply = try await cluster.send(call, to: 1)
        if reply.status == 409 {
          try expect(reply, is: "in-progress")
          return nil as Reply?
        }
        return reply
      }
      expectExecuted(second, status: 200)
      #expect(cluster.origin.calls.map(\.attempt) == ["1", "2"])
    }
  }

  @Test(
    "A6 any other word of an origin's own layer is a final answer",
    arguments: ["executed", "replayed", "released", "mismatch", "rejected", "not-retained", "ignored", "news"])
  func originWithFinalAnswer(own: String) async throws {
    try await withCluster { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(422, fields: [Field("Idempotency-Status", own)], "final") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first, status: 422)
      expectReplay(try await cluster.send(call, to: 1), of: first)
    }
  }
}

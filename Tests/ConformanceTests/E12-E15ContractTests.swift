import HiredisNIO
import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

@Suite("E12–E15: documents and times", .eachKind, .timeLimit(.minutes(10)))
struct ContractTests {
  // What every problem says is expected wherever one is met: see `expect(_:is:)`.

  @Test("E12 each answer has an instance of its own, but a stored one keeps its")
  func instances() async throws {
    let policy = IdempotencyPolicy.payments { $0.execution.unknownOutcome = .store }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      cluster.origin.answers(with: ScriptedAnswer(200, body: .stream([.fail])))
      let stored = try await cluster.send(Call(key: "k"))
      expectReplay(try await cluster.send(Call(key: "k"), to: 1), of: stored)
      let one = try expect(try await cluster.send(Call(key: "k", body: "1")), is: "key-reused")
      let two = try expect(try await cluster.send(Call(key: "k", body: "1")), is: "key-reused")
      #expect(one["instance"] != two["instance"])
      let uuid = try #require(one["instance"]?.string?.dropFirst("urn:uuid:".count))
      #expect(uuid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
    }
  }

  @Test("E12 a record that cannot be read is a 500, and nothing is executed", arguments: ["", "garbage", "C", "R2"])
  func unreadable(value: String) async throws {
    try await withCluster { cluster in
      expectExecuted(try await cluster.send(Call(key: "k")))
      let record = try await cluster.record()
      try await cluster.redis.command("SET", record.key, value)
      for node in 0...1 { try expect(try await cluster.send(Call(key: "k"), to: node), is: "record-unreadable") }
      let still = try await cluster.redis.command("GET", record.key).string
      #expect(still == value)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E12 a record of a newer version is honoured; a replay that cannot be decoded is a 503")
  func tooNew() async throws {
    try await withCluster { cluster in
      expectExecuted(try await cluster.send(Call(key: "k")))
      let record = try await cluster.record()
      try await cluster.redis.command("SETRANGE", record.key, "82", "2")
      try expect(try await cluster.send(Call(key: "k"), to: 1), is: "record-too-new")
      try expect(try await cluster.send(Call(key: "k", body: "other"), to: 1), is: "key-reused")
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E13 after its retention a key is new")
  func retentionEnds() async throws {
    let policy = IdempotencyPolicy.payments(lease: .milliseconds(200), retention: .milliseconds(400))
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let first = try await cluster.send(Call(key: "k"))
      expectExecuted(first)
      let ttl = try await cluster.record().ttl
      #expect((1...400).contains(ttl))
      try await eventually { try await cluster.records().isEmpty ? true : nil }
      // With another body, too: nothing is remembered.
      let second = try await cluster.send(Call(key: "k", body: "other"), to: 1)
      expectExecuted(second)
      #expect(cluster.origin.calls.count == 2)
      #expect(cluster.origin.calls.map(\.attempt) == ["1", "1"])
    }
  }

  @Test("E13 retention is the policy's, counted from the answer and not from the request")
  func retentionFromCompletion() async throws {
    // A lease so long that none is renewed here, and no longer retention for an outcome that may become uncertain.
    let policy = IdempotencyPolicy.payments(lease: .seconds(30), retention: .seconds(100)) {
      $0.execution.unknownOutcome = .store
    }
    try await withCluster(ClusterOptions(nodes: 1, policies: [policy])) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let first = cluster.begin(Call(key: "k"))
      await gate.reached()
      // A second passes while it runs.
      try await cluster.record { $0.ttl <= 99_000 }
      gate.open()
      expectExecuted(try await first.value)
      #expect(try await cluster.record().ttl > 99_000)
    }
  }

  @Test("E14 replays do not lengthen retention")
  func replaysDoNotLengthen() async throws {
    let policy = IdempotencyPolicy.payments(lease: .milliseconds(200), retention: .milliseconds(700))
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let first = try await cluster.send(Call(key: "k"))
      expectExecuted(first)
      var ttl = try await cluster.record().ttl
      // Replayed over and over until the key is new, which would never be if replays lengthened it.
      let again = try await eventually {
        let reply = try await cluster.send(Call(key: "k"), to: 1)
        if reply.label == "executed" { return reply }
        expectReplay(reply, of: first)
        if let now = try await cluster.records().first?.ttl {
          #expect(now <= ttl)
          ttl = now
        }
        return nil
      }
      #expect(again.body != first.body)
    }
  }

  @Test("E13 an origin may set its own answer's retention")
  func retentionByOrigin() async throws {
    let policy = IdempotencyPolicy.payments(lease: .milliseconds(500), retention: .seconds(1_000))
    try await withCluster(ClusterOptions(nodes: 1, policies: [policy])) { cluster in
      for (value, seconds) in [
        ("60", 60), ("7200", 7_200), ("1", 1), ("0", 1_000), ("-5", 1_000), ("1.5", 1_000), ("", 1_000),
        ("soon", 1_000),
        ("60s", 1_000), ("+60", 1_000), ("1e3", 1_000),
      ] {
        cluster.origin.answers(with: ScriptedAnswer(200, fields: [Field("Idempotency-Retention", value)], "b"))
        let key = freshKey()
        let reply = try await cluster.send(Call(key: key))
        #expect(reply.label == "executed", "\(value)")
        #expect(reply["Idempotency-Retention"] == nil, "\(value)")
        let record = try #require(try await cluster.records().first { $0.key.hasSuffix(key) }, "\(value)")
        #expect((Int64(seconds) * 1_000 - 900...Int64(seconds) * 1_000).contains(record.ttl), "\(value): \(record.ttl)")
      }
    }
  }

  @Test("E13 an origin's retention below two leases is raised to them")
  func retentionRaised() async throws {
    try await withCluster(ClusterOptions(nodes: 1, policies: [.payments(lease: .seconds(20))])) { cluster in
      cluster.origin.answers(with: ScriptedAnswer(200, fields: [Field("Idempotency-Retention", "1")], "b"))
      expectExecuted(try await cluster.send(Call(key: "k")), status: 200)
      #expect((39_000...40_000).contains(try await cluster.record().ttl))
    }
  }

  @Test("E13 every record has an end, in every state")
  func everyRecordEnds() async throws {
    let policy = IdempotencyPolicy.payments(lease: .seconds(3), retention: .seconds(100)) {
      $0.execution.uncertainRetention = .seconds(500)
    }
    try await withCluster(ClusterOptions(nodes: 1, policies: [policy])) { cluster in
      let gate = Gate()
      cluster.origin.answers { call in
        switch call.key {
        case "C": return ScriptedAnswer(200)
        case "F": return ScriptedAnswer(429)
        case "U": return ScriptedAnswer(504)
        case "T": return ScriptedAnswer(200, fields: [Field("Idempotency-Result", "stream")])
        default:
          await gate.pass()
          return ScriptedAnswer(200)
        }
      }
      for key in ["C", "F", "U", "T"] { _ = try await cluster.send(Call(key: key)) }
      let running = cluster.begin(Call(key: "R"))
      await gate.reached()
      let records = try await cluster.records()
      #expect(records.map(\.state).sorted() == ["C", "F", "R", "T", "U"])
      for record in records {
        #expect(record.key.hasSuffix(":" + record.state))
        let seconds = ["R", "U"].contains(record.state) ? 500 : 100
        #expect((Int64(seconds) * 1_000 - 20_000...Int64(seconds) * 1_000).contains(record.ttl), "\(record.state)")
      }
      gate.open()
      _ = try await running.value
    }
  }

  @Test("E15 the policies are published")
  func document() async throws {
    // A worker's configuration takes only names that need no quotes.
    let rest = NodeKind.current == .worker ? "rest.v1_2-x" : "rest \"quoted\""
    let policies = [
      IdempotencyPolicy.payments(
        "transfers", methods: ["POST"], path: "/wallets/{id}/transfers", retention: .seconds(86_400)
      ) {
        $0.isKeyRequired = true
        $0.keyFormat = .uuidV4
      },
      .payments(rest, methods: ["PATCH", "POST"], path: "/**", retention: .seconds(600)) {
        $0.keyspace = "rest"
        $0.results = try ResultsTable(released: [try #require(StatusRange("4xx"))])
      },
    ]
    try await withCluster(ClusterOptions(policies: policies)) { cluster in
      var documents: [[UInt8]] = []
      for node in 0...1 {
        let reply = try await cluster.send(Call("GET", "/.well-known/idempotency", caller: nil), to: node)
        #expect(reply.status == 200)
        #expect(reply["Content-Type"] == "application/json")
        #expect(reply.label == nil)
        documents.append(reply.body)
        let published = try #require(try reply.json["policies"]?.array?.compactMap(\.object))
        #expect(published.count == 2)
        #expect(published[0]["name"] == .string("transfers"))
        #expect(published[0]["methods"] == .array([.string("POST")]))
        #expect(published[0]["path"] == .string("/wallets/{id}/transfers"))
        #expect(published[0]["retention_seconds"] == .number(86_400))
        #expect(published[0]["key"]?.object?["format"] == .string("uuid-v4"))
        #expect(published[0]["key"]?.object?["required"] == .bool(true))
        #expect(published[0]["key"]?.object?["header"] == .string("Idempotency-Key"))
        #expect(published[1]["name"] == .string(rest))
        #expect(published[1]["methods"] == .array([.string("PATCH"), .string("POST")]))
        #expect(published[1]["released"] == .array([.string("4xx")]))
        #expect(published[1]["stored"] == .array([.string("2xx-5xx")]))
        #expect(published[1]["uncertain"] == .array([.string("502"), .string("503"), .string("504")]))
        #expect(published[1]["key"]?.object?["required"] == .bool(false))
      }
      #expect(documents[0] == documents[1])
      // Problem types point into it.
      let problem = try await cluster.send(Call("POST", "/wallets/1/transfers"))
      #expect(try problem.json["type"]?.string?.hasPrefix("/.well-known/idempotency#") == true)
      #expect(cluster.origin.calls.isEmpty)
    }
  }
}

import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

@Suite("E16–E17: large answers, and what is stored before what", .eachKind, .timeLimit(.minutes(10)))
struct DeliveryTests {
  static let small = IdempotencyPolicy.payments { $0.limits.responseBody = 10_000 }
  static let large = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  static let about = [
    Field("Location", "/payments/7"), Field("ETag", "\"v1\""), Field("Content-Type", "application/octet-stream"),
    Field("X-Own", "1"),
  ]

  /// Expects that the operation is known to be done, and its answer to be gone.
  func expectNotRetained(_ reply: Reply, original: Int, fields: [Field] = about) throws {
    let json = try expect(reply, is: "response-not-retained")
    #expect(json["original_status"] == .number(Double(original)))
    #expect(reply.values("Location") == fields.filter { $0.name == "Location" }.map(\.value))
    #expect(reply.values("ETag") == fields.filter { $0.name == "ETag" }.map(\.value))
    #expect(reply.values("X-Own") == [])
  }

  @Test(
    "E16 an answer over the limit is delivered whole, then not retained, and never run again", arguments: [true, false])
  func tooLarge(isLengthKnown: Bool) async throws {
    try await withCluster(ClusterOptions(policies: [Self.small])) { cluster in
      let body: ScriptedAnswer.Body =
        isLengthKnown
        ? .bytes(Self.large)
        : .stream(stride(from: 0, to: 50_000, by: 2_500).map { .bytes(Array(Self.large[$0..<$0 + 2_500])) })
      cluster.origin.answers(with: ScriptedAnswer(201, fields: Self.about, body: body))
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first)
      #expect(first.body == Self.large)
      #expect(first.values("Location") == ["/payments/7"])
      #expect(first.values("X-Own") == ["1"])
      for node in 0...1 { try expectNotRetained(try await cluster.send(call, to: node), original: 201) }
      let record = try await cluster.record()
      #expect(record.state == "T")
      #expect(record.bytes.count < 2_000)
      try expect(try await cluster.send(call.with { $0.body = [] }, to: 1), is: "key-reused")
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E16 an answer of exactly the limit is retained", arguments: [true, false])
  func exactLimit(isLengthKnown: Bool) async throws {
    try await withCluster(ClusterOptions(policies: [Self.small])) { cluster in
      let bytes = Array(Self.large.prefix(10_000))
      let body: ScriptedAnswer.Body =
        isLengthKnown ? .bytes(bytes) : .stream([.bytes(Array(bytes[..<9_999])), .bytes(Array(bytes[9_999...]))])
      cluster.origin.answers(with: ScriptedAnswer(200, body: body))
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      #expect(first.body == bytes)
      expectReplay(try await cluster.send(call, to: 1), of: first)
    }
  }

  @Test("E16 one byte more is not", arguments: [true, false])
  func limitAndOne(isLengthKnown: Bool) async throws {
    try await withCluster(ClusterOptions(policies: [Self.small])) { cluster in
      let bytes = Array(Self.large.prefix(10_001))
      let body: ScriptedAnswer.Body =
        isLengthKnown ? .bytes(bytes) : .stream([.bytes(Array(bytes[..<10_000])), .bytes(Array(bytes[10_000...]))])
      cluster.origin.answers(with: ScriptedAnswer(200, body: body))
      let call = Call(key: freshKey())
      #expect(try await cluster.send(call).body == bytes)
      try expectNotRetained(try await cluster.send(call, to: 1), original: 200, fields: [])
    }
  }

  @Test(
    "E16 a stream of events is not retained, whatever its size, and comes as it is made",
    arguments: ["text/event-stream", "Text/Event-Stream; charset=utf-8", "multipart/x-mixed-replace; boundary=x"])
  func eventStream(type: String) async throws {
    try await withCluster(ClusterOptions(policies: [Self.small])) { cluster in
      let gate = Gate()
      cluster.origin.answers { _ in
        ScriptedAnswer(
          200, fields: [Field("Content-Type", type)],
          body: .stream([.bytes(Array("data: 1\n\n".utf8)), .wait(gate), .bytes(Array("data: 2\n\n".utf8))]))
      }
      let call = Call(key: freshKey())
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(call)
      // The first event arrives while the second is still to be made, and by then the operation is known to be done.
      await gate.reached()
      try await eventually { String(decoding: connection.received, as: UTF8.self).contains("data: 1") ? true : nil }
      try expectNotRetained(try await cluster.send(call, to: 1), original: 200, fields: [])
      gate.open()
      let first = try await connection.reply()
      expectExecuted(first, status: 200)
      #expect(first.text == "data: 1\n\ndata: 2\n\n")
      try expectNotRetained(try await cluster.send(call), original: 200, fields: [])
      #expect(cluster.origin.calls.count == 1)
      await connection.close()
    }
  }

  @Test("E16 a large answer of unknown length comes as it is made, too")
  func largeStream() async throws {
    try await withCluster(ClusterOptions(policies: [Self.small])) { cluster in
      let gate = Gate()
      let steps: [ScriptedAnswer.Step] = [
        .bytes(Array(Self.large[..<20_000])), .wait(gate), .bytes(Array(Self.large[20_000...])),
      ]
      cluster.origin.answers(with: ScriptedAnswer(200, body: .stream(steps)))
      let call = Call(key: freshKey())
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(call)
      await connection.received(atLeast: 20_000)
      try expectNotRetained(try await cluster.send(call, to: 1), original: 200, fields: [])
      gate.open()
      let first = try await connection.reply()
      #expect(first.body == Self.large)
      #expect(cluster.origin.calls.count == 1)
      await connection.close()
    }
  }

  @Test("E16 the origin's Idempotency-Result: stream says the same of any answer", arguments: ["stream", "Stream"])
  func streamByOrigin(value: String) async throws {
    try await withCluster { cluster in
      cluster.origin.answers(
        with: ScriptedAnswer(201, fields: Self.about + [Field("Idempotency-Result", value)], "one-time secret"))
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first)
      #expect(first.text == "one-time secret")
      #expect(first["Idempotency-Result"] == nil)
      try expectNotRetained(try await cluster.send(call, to: 1), original: 201)
      #expect(!String(decoding: try await cluster.record().bytes, as: UTF8.self).contains("secret"))
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E16 only an answer that would be stored is done: a large 429 frees the key, a large 504 is uncertain")
  func largeFailures() async throws {
    try await withCluster(ClusterOptions(policies: [Self.small])) { cluster in
      for (status, label, state) in [(429, "released", "F"), (504, "uncertain", "U")] {
        cluster.origin.answers(with: ScriptedAnswer(status, body: .bytes(Self.large)))
        let key = freshKey()
        let reply = try await cluster.send(Call(key: key))
        #expect(reply.status == status)
        #expect(reply.label == label)
        #expect(reply.body == Self.large)
        #expect(try await cluster.records().first { $0.key.hasSuffix(key) }?.state == state)
      }
    }
  }

  @Test("E16 the status of not-retained can be set")
  func status() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.statuses.notRetained = 410 }])) { cluster in
      cluster.origin.answers(with: ScriptedAnswer(200, fields: [Field("Idempotency-Result", "stream")], "b"))
      _ = try await cluster.send(Call(key: "k"))
      try expect(try await cluster.send(Call(key: "k"), to: 1), is: "response-not-retained", status: 410)
    }
  }

  @Test("E16 a large stream that breaks off does not run again either")
  func brokenStream() async throws {
    try await withCluster(ClusterOptions(policies: [Self.small])) { cluster in
      cluster.origin.answers(with: ScriptedAnswer(200, body: .stream([.bytes(Self.large), .fail])))
      let call = Call(key: freshKey())
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(call)
      await connection.closed()
      // The caller can tell that it is not whole.
      await #expect(throws: HarnessError.self) { try await connection.reply() }
      try expectNotRetained(try await cluster.send(call, to: 1), original: 200, fields: [])
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E17 no byte of the answer before every node can see the record")
  func storedFirst() async throws {
    let proxy = try await FaultProxy.start(port: try await SharedRedis.server().port)
    var options = ClusterOptions(policies: [.payments(lease: .seconds(60))])
    options.redisPorts = [0: proxy.port]
    options.storeTimeout = .seconds(10)
    try await withCluster(options) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate)
      let call = Call(key: freshKey())
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(call)
      await gate.reached()
      // The node's completion does not get through to Redis.
      await proxy.stall(.clientToServer)
      let before = await proxy.bytesSeen(.clientToServer)
      gate.open()
      await proxy.bytesSeen(.clientToServer, atLeast: before + 100)
      for _ in 0..<5 { try expect(try await cluster.send(call, to: 1), is: "in-progress") }
      #expect(connection.received == [])
      // It gets through, and its reply does not come back: others replay already, the caller still waits.
      await proxy.stall(.serverToClient)
      await proxy.resume(.clientToServer)
      try await cluster.record { $0.state == "C" }
      let second = try await cluster.send(call, to: 1)
      #expect(second.label == "replayed")
      #expect(connection.received == [])
      await proxy.resume(.serverToClient)
      let first = try await connection.reply()
      expectExecuted(first)
      expectReplay(second, of: first)
      #expect(cluster.origin.calls.count == 1)
      await connection.close()
    }
    await proxy.stop()
  }

  @Test("E17 the same of a stream: its tombstone stands before its first byte is seen")
  func tombstoneFirst() async throws {
    let proxy = try await FaultProxy.start(port: try await SharedRedis.server().port)
    var options = ClusterOptions(policies: [.payments(lease: .seconds(60))])
    options.redisPorts = [0: proxy.port]
    options.storeTimeout = .seconds(10)
    try await withCluster(options) { cluster in
      let gate = Gate()
      cluster.origin.answers(behind: gate) { _ in
        ScriptedAnswer(200, fields: [Field("Content-Type", "text/event-stream")], body: .stream([.bytes([0x61])]))
      }
      let call = Call(key: freshKey())
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(call)
      await gate.reached()
      await proxy.stall(.serverToClient)
      gate.open()
      try await cluster.record { $0.state == "T" }
      try expectNotRetained(try await cluster.send(call, to: 1), original: 200, fields: [])
      #expect(connection.received == [])
      await proxy.resume(.serverToClient)
      #expect(try await connection.reply().text == "a")
      await connection.close()
    }
    await proxy.stop()
  }
}

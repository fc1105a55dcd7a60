import Idempotency
import Testing
@testable import Harness

@Suite("E19–E20: what is forwarded, and how clients may speak", .eachKind, .timeLimit(.minutes(10)))
struct TransportTests {
  @Test("E19 HEAD, GET and OPTIONS are forwarded untouched", arguments: ["HEAD", "GET", "OPTIONS"])
  func untouched(method: String) async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let fields = [
        Field("X-Odd", "a, b;c=\"d\""), Field("X-Twice", "1"), Field("X-Twice", "2"), Field("Accept", "*/*"),
      ]
      cluster.origin.answers { _ in
        ScriptedAnswer(200, fields: [Field("X-Answer", "1"), Field("X-Answer", "2")], "body")
      }
      let target = "/payments/%7Ea//b?x=1&y=%20&&z"
      let reply = try await cluster.sendRaw(Call(method, target, fields: fields).with { $0.body = [] })
      #expect(reply.status == 200)
      #expect(reply.values("X-Answer") == ["1", "2"])
      #expect(reply.layerFields == [])
      let call = try #require(cluster.origin.calls.first)
      #expect(call.method == method && call.target == target && call.body == [])
      for name in ["X-Odd", "X-Twice", "Accept"] {
        #expect(call.fields.filter { $0.name == name } == fields.filter { $0.name == name })
      }
      #expect(try await cluster.records().isEmpty)
    }
  }

  @Test("E19 an answer on an unguarded route comes as it is made, however large")
  func answerStreams() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let gate = Gate()
      let part = Array(repeating: UInt8(ascii: "x"), count: 2 << 20)
      cluster.origin.answers(with: ScriptedAnswer(200, body: .stream([.bytes(part), .wait(gate), .bytes(part)])))
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(Call("POST", "/other"))
      await connection.received(atLeast: 2 << 20)
      #expect(!connection.isClosed)
      gate.open()
      #expect(try await connection.reply().body == part + part)
      await connection.close()
    }
  }

  @Test(
    "E19 a request's body on an unguarded route reaches the origin as it comes",
    .only(.worker, because: "a handler has the body as Hummingbird gives it"))
  func requestStreams() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let server = try #require(cluster.server)
      let call = Call("POST", "/other").with { $0.body = Array(repeating: 0x78, count: 4 << 20) }
      let bytes = call.bytes()
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(Array(bytes.prefix(1 << 20)))
      await server.received(atLeast: (1 << 20) - 65_536)
      #expect(cluster.origin.calls.isEmpty)
      try await connection.send(Array(bytes.dropFirst(1 << 20)))
      #expect(try await connection.reply().status == 201)
      #expect(cluster.origin.calls.map(\.body) == [call.body])
      await connection.close()
    }
  }

  static let speakers = "a handler's server speaks HTTP itself"

  @Test(
    "E20 100-continue: the body is asked for, and the request is one like any other", .only(.worker, because: speakers))
  func expectContinue() async throws {
    try await withCluster { cluster in
      let call = Call(key: freshKey(), fields: [Field("Expect", "100-continue")])
      let bytes = call.bytes()
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(Array(bytes.dropLast(call.body.count)))
      await connection.received(atLeast: 25)
      #expect(String(decoding: connection.received, as: UTF8.self).hasPrefix("HTTP/1.1 100 "))
      #expect(cluster.origin.calls.isEmpty)
      try await connection.send(call.body)
      let first = try await connection.reply()
      expectExecuted(first)
      await connection.close()
      expectReplay(try await cluster.send(Call(key: call.fields.last?.value), to: 1), of: first)
      #expect(cluster.origin.calls.map(\.body) == [call.body])
    }
  }

  @Test("E20 100-continue: what is refused by its head is refused without its body", .only(.worker, because: speakers))
  func expectRefused() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let call = Call(key: "\"bad", fields: [Field("Expect", "100-continue")])
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      try await connection.send(Array(call.bytes().dropLast(call.body.count)))
      let reply = try await connection.reply()
      try expect(reply, is: "key-malformed")
      await connection.close()
      try await cluster.expectUntouched()
    }
  }

  @Test(
    "E20 trailers of a request are forwarded", .only(.worker, because: speakers), arguments: ["/payments", "/other"])
  func trailers(path: String) async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let head =
        "POST \(path) HTTP/1.1\r\nHost: \(Call.host)\r\nX-Api-Key: alice\r\nIdempotency-Key: k\r\nTE: trailers\r\n"
      let text = head + "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n"
      let reply = try await cluster.sendRaw(Array(text.utf8))
      #expect(reply.status == 201)
      let call = try #require(cluster.origin.calls.first)
      #expect(call.text == "abc")
      #expect(call.trailers == [Field("X-Sum", "6")])
    }
  }

  @Test(
    "E20 a client that speaks HTTP/1.0 is served, and its connection closed unless it asks to keep it",
    .only(.worker, because: speakers))
  func http10() async throws {
    try await withCluster { cluster in
      let key = freshKey()
      let call = Call(key: key)
      func bytes(_ more: String) -> [UInt8] {
        let text = String(decoding: call.bytes(), as: UTF8.self)
        return Array(text.replacing("HTTP/1.1\r\n", with: "HTTP/1.0\r\n\(more)").utf8)
      }
      let once = try await RawConnection.open(to: cluster.nodes[0])
      try await once.send(bytes(""))
      let first = try await once.reply()
      expectExecuted(first)
      await once.closed()
      let kept = try await RawConnection.open(to: cluster.nodes[1])
      for _ in 0..<2 {
        try await kept.send(bytes("Connection: keep-alive\r\n"))
        let reply = try await kept.reply()
        expectReplay(reply, of: first)
        #expect(reply["Transfer-Encoding"] == nil)
      }
      await kept.close()
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test(
    "E20 an answer of unknown length reaches a client of HTTP/1.0 without chunks", .only(.worker, because: speakers))
  func http10Stream() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      cluster.origin.answers(with: ScriptedAnswer(200, body: .stream([.bytes([0x61]), .bytes([0x62])])))
      let reply = try await cluster.sendRaw(Array("GET /other HTTP/1.0\r\nHost: \(Call.host)\r\n\r\n".utf8))
      #expect(reply.text == "ab")
      #expect(reply["Transfer-Encoding"] == nil)
    }
  }

  @Test("E20 many requests on one connection, guarded and not, refused and not")
  func keepAlive() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let connection = try await RawConnection.open(to: cluster.nodes[0])
      for number in 0..<20 {
        try await connection.send(Call(key: "k\(number)"))
        expectExecuted(try await connection.reply())
        try await connection.send(Call(key: "k\(number)"))
        #expect(try await connection.reply().isReplay)
        try await connection.send(Call("GET", "/other").with { $0.body = [] })
        #expect(try await connection.reply().status == 201)
        try await connection.send(Call(key: "\"bad"))
        #expect(try await connection.reply().status == 400)
        try await connection.send(Call(key: "k\(number)", body: "other"))
        #expect(try await connection.reply().status == 422)
      }
      await connection.close()
      #expect(cluster.origin.calls.count == 40)
    }
  }
}

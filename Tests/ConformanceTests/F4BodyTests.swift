import Idempotency
import Testing
@testable import Harness

@Suite("F4: the whole body counts", .eachKind, .timeLimit(.minutes(10)))
struct BodyTests {
  /// The default limit.
  static let limit = 1 << 20

  @Test("F4 every byte counts, up to the limit")
  func everyByte() async throws {
    try await withCluster { cluster in
      let body = (0..<Self.limit).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let call = Call(key: freshKey()).with { $0.body = body }
      let first = try await cluster.send(call)
      expectExecuted(first)
      #expect(cluster.origin.calls.first?.body == body)
      for index in [0, 1, 65_535, 65_536, Self.limit / 2, Self.limit - 1] {
        try expect(try await cluster.send(call.with { $0.body[index] ^= 1 }, to: 1), is: "key-reused")
      }
      try expect(try await cluster.send(call.with { $0.body.removeLast() }, to: 1), is: "key-reused")
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("F4 a larger body is refused, and the key is not consumed")
  func tooLarge() async throws {
    let policy = IdempotencyPolicy.payments { $0.limits.requestBody = 1_000 }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let call = Call(key: "k", body: String(repeating: "x", count: 1_001))
      try expect(try await cluster.send(call), is: "request-too-large")
      // Of undeclared length, too.
      let fields = "Host: \(Call.host)\r\nX-Api-Key: alice\r\nIdempotency-Key: k\r\n"
      let chunked = "POST /payments HTTP/1.1\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n"
      let chunk = "1f4\r\n\(String(repeating: "x", count: 500))\r\n"
      let reply = try await cluster.sendRaw(Array((chunked + chunk + chunk + "1\r\nx\r\n0\r\n\r\n").utf8))
      try expect(reply, is: "request-too-large")
      try await cluster.expectUntouched()
      let exact = Array((chunked + chunk + chunk + "0\r\n\r\n").utf8)
      let first = try await cluster.sendRaw(exact)
      expectExecuted(first)
      // The same bytes with a declared length are the same request.
      let same = Call(key: "k", body: String(repeating: "x", count: 1_000))
      expectReplay(try await cluster.send(same, to: 1), of: first)
    }
  }

  @Test("F4 half a body is no request: nothing runs, and the key is not consumed")
  func halfABody() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let call = Call(key: "k", body: String(repeating: "x", count: 1_000))
      let fields = "Host: \(Call.host)\r\nX-Api-Key: alice\r\nIdempotency-Key: k\r\n"
      let chunked = "POST /payments HTTP/1.1\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n5\r\nxxxxx\r\n"
      for half in [Array(call.bytes().dropLast(1)), Array(chunked.utf8)] {
        let connection = try await RawConnection.open(to: cluster.nodes[0])
        try await connection.send(half)
        await connection.close()
      }
      // Another request on the same node, so that the node has seen the two connections end.
      expectExecuted(try await cluster.send(Call(key: "other")))
      try await cluster.expectUntouched(calls: 1, records: 1)
      expectExecuted(try await cluster.send(call))
      #expect(cluster.origin.calls.last?.body.count == 1_000)
    }
  }

  @Test("F4 an empty body is a body")
  func empty() async throws {
    try await withCluster { cluster in
      let first = try await cluster.send(Call(key: "k", body: ""))
      expectExecuted(first)
      expectReplay(try await cluster.send(Call(key: "k", body: ""), to: 1), of: first)
      try expect(try await cluster.send(Call(key: "k", body: "0"), to: 1), is: "key-reused")
    }
  }

  @Test("F4 where the body does not count, only the target does")
  func none() async throws {
    let policy = IdempotencyPolicy.payments { $0.fingerprint = FingerprintSettings(bodyForm: .none) }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let first = try await cluster.send(Call(key: "k", body: "a"))
      expectReplay(try await cluster.send(Call(key: "k", body: "b"), to: 1), of: first)
      try expect(try await cluster.send(Call("POST", "/payments?q", key: "k", body: "a")), is: "key-reused")
    }
  }

  static let json = #"{"amount":100,"to":"é","list":[1,2,{"a":null}],"deep":{"x":true,"y":0.5}}"#

  @Test("F4 JSON counts by its meaning, not its spelling, if the policy says so")
  func jsonEqual() async throws {
    let policy = IdempotencyPolicy.payments { $0.fingerprint = FingerprintSettings(bodyForm: .json) }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      let first = try await cluster.send(Call(key: "k", body: Self.json))
      expectExecuted(first)
      for body in [
        #"{"to":"é","deep":{"y":0.5,"x":true},"list":[1,2,{"a":null}],"amount":100}"#,
        " { \"amount\" : 100 ,\n\t\"to\":\"\u{e9}\",\r\n\"list\":[ 1, 2, { \"a\" : null } ],\"deep\":{\"x\":true,\"y\":0.5}}\n",
        #"{"amount":1e2,"to":"\u00e9","list":[1.0,2e0,{"a":null}],"deep":{"x":true,"y":5E-1}}"#,
        #"{"amount":100.000,"\u0074o":"\u00E9","list":[10e-1,0.2e1,{"a":null}],"deep":{"x":true,"y":0.50}}"#,
      ] {
        expectReplay(try await cluster.send(Call(key: "k", body: body), to: 1), of: first, "\(body)")
      }
      #expect(cluster.origin.calls.map(\.text) == [Self.json])
    }
  }

  @Test("F4 JSON that means something else is a mismatch")
  func jsonDifferent() async throws {
    let policy = IdempotencyPolicy.payments { $0.fingerprint = FingerprintSettings(bodyForm: .json) }
    try await withCluster(ClusterOptions(policies: [policy])) { cluster in
      for (index, (one, other)) in [
        (#"{"a":1}"#, #"{"a":"1"}"#), (#"{"a":1}"#, #"{"a":1,"b":null}"#), (#"{"a":null}"#, #"{}"#),
        (#"{"a":9007199254740993}"#, #"{"a":9007199254740992}"#), (#"[1,2]"#, #"[2,1]"#), (#"[1,[2]]"#, #"[[1],2]"#),
        (#"{"a":0.1}"#, #"{"a":0.10000000000000001}"#), (#"{"a":"é"}"#, #"{"a":"e\u0301"}"#),
        (#"{"a":true}"#, #"{"a":1}"#),
        (#"{"a":""}"#, #"{"a":" "}"#), (#"{"a":{"b":1}}"#, #"{"a.b":1}"#), (#""x""#, #"["x"]"#), ("1", "-1"),
      ].enumerated() {
        expectExecuted(try await cluster.send(Call(key: "k\(index)", body: one)), "\(one)")
        let reply = try await cluster.send(Call(key: "k\(index)", body: other), to: 1)
        #expect(reply.problem == "key-reused", "\(one) and \(other)")
      }
    }
  }

  @Test("F4 JSON that is none, or says a thing twice, is refused, and the key is not consumed")
  func jsonInvalid() async throws {
    let policy = IdempotencyPolicy.payments { $0.fingerprint = FingerprintSettings(bodyForm: .json) }
    try await withCluster(ClusterOptions(nodes: 1, policies: [policy])) { cluster in
      for body in [
        "", " ", "{", #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"x":{"a":1,"a":1}}"#, "{'a':1}", #"{"a":01}"#,
        #"{"a":NaN}"#, #"{"a":1}x"#, #"{"a":1,}"#, #"{"a":"\ud800"}"#, "\u{FEFF}{}", "nul", #"{"a":+1}"#,
        "{\"a\":\"\t\"}",
      ] {
        let reply = try await cluster.send(Call(key: "k", body: body))
        #expect(reply.problem == "request-malformed", "\(body)")
        if reply.problem == "request-malformed" { try expect(reply, is: "request-malformed") }
      }
      let notUTF8 = Call(key: "k").with { $0.body = Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8) }
      try expect(try await cluster.send(notUTF8), is: "request-malformed")
      try await cluster.expectUntouched()
      expectExecuted(try await cluster.send(Call(key: "k", body: "{}")))
    }
  }

  @Test("F4 only some of the JSON may count, or all but some")
  func jsonSelected() async throws {
    let policies = [
      IdempotencyPolicy.payments("some", path: "/some") {
        $0.fingerprint = FingerprintSettings(
          bodyForm: .json, fields: [try JSONPointer("/amount"), try JSONPointer("/to/id")])
      },
      .payments("rest", path: "/rest") {
        $0.fingerprint = FingerprintSettings(bodyForm: .json, ignore: [try JSONPointer("/sentAt")])
      },
    ]
    try await withCluster(ClusterOptions(policies: policies)) { cluster in
      let some = try await cluster.send(
        Call("POST", "/some", key: "k", body: #"{"amount":1,"to":{"id":7},"note":"a"}"#))
      expectExecuted(some)
      let same = Call("POST", "/some", key: "k", body: #"{"note":"b","to":{"id":7.0,"x":1},"amount":1}"#)
      expectReplay(try await cluster.send(same, to: 1), of: some)
      for body in [
        #"{"amount":2,"to":{"id":7}}"#, #"{"to":{"id":7}}"#, #"{"amount":1,"to":{"id":null}}"#, #"{"amount":1}"#,
      ] {
        try expect(try await cluster.send(Call("POST", "/some", key: "k", body: body), to: 1), is: "key-reused")
      }
      let rest = try await cluster.send(Call("POST", "/rest", key: "k", body: #"{"amount":1,"sentAt":"now"}"#))
      expectExecuted(rest)
      for body in [#"{"sentAt":"later","amount":1}"#, #"{"amount":1}"#] {
        expectReplay(try await cluster.send(Call("POST", "/rest", key: "k", body: body), to: 1), of: rest, "\(body)")
      }
      let more = Call("POST", "/rest", key: "k", body: #"{"amount":1,"note":"a"}"#)
      try expect(try await cluster.send(more, to: 1), is: "key-reused")
    }
  }
}

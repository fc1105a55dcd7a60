import HTTPTypes
import Hummingbird
import Idempotency
import Testing
@testable import Harness

@Suite("A1–A4: what is guarded", .eachKind, .timeLimit(.minutes(10)))
struct ApplicabilityTests {
  @Test("A1 only the policy's methods are guarded; a key on another is ignored, and said to be")
  func methods() async throws {
    try await withCluster(ClusterOptions(policies: [.payments(methods: ["POST"])])) { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(200, "done") }
      let key = freshKey()
      expectExecuted(try await cluster.send(Call(key: key)), status: 200)
      for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        for node in 0...1 {
          let reply = try await cluster.send(Call(method, key: key), to: node)
          #expect(reply.status == 200, "\(method)")
          #expect(reply.layerFields == ["idempotency-status"], "\(method)")
          #expect(reply.label == "ignored", "\(method)")
        }
        #expect(cluster.origin.calls.count { $0.method == method } == 2, "\(method)")
      }
      try await cluster.expectUntouched(calls: 13, records: 1)
    }
  }

  @Test("A1 only the policy's paths are guarded; a key elsewhere is ignored, forwarded and said to be ignored")
  func paths() async throws {
    let policies = [
      IdempotencyPolicy.payments("transfers", path: "/wallets/{id}/transfers"), .payments(path: "/pay/**"),
    ]
    try await withCluster(ClusterOptions(policies: policies)) { cluster in
      for path in ["/wallets/7/transfers", "/wallets/a%20b/transfers", "/pay", "/pay/a", "/pay/a/b/c?d=e"] {
        let call = Call("POST", path, key: freshKey())
        let first = try await cluster.send(call)
        expectExecuted(first, "\(path)")
        expectReplay(try await cluster.send(call, to: 1), of: first, "\(path)")
      }
      let guarded = cluster.origin.calls.count
      #expect(guarded == 5)
      let elsewhere = [
        "/", "/wallets", "/wallets/7", "/wallets/7/8/transfers", "/wallets/7/transfers/8", "/Wallets/7/transfers",
        "/wallets/7/Transfers", "/payments", "/x/pay", "/wallets/7/transferred;a=1",
      ]
      for path in elsewhere {
        let call = Call("POST", path, key: "k")
        for node in 0...1 {
          let reply = try await cluster.send(call, to: node)
          #expect(reply.status == 201, "\(path)")
          #expect(reply.label == "ignored", "\(path)")
          #expect(!reply.isReplay)
        }
      }
      try await cluster.expectUntouched(calls: guarded + 2 * elsewhere.count, records: 5)
    }
  }

  @Test("A1 an ambiguous spelling of a guarded path is refused, with a key and without")
  func ambiguous() async throws {
    let policies = [IdempotencyPolicy.payments("transfers", path: "/wallets/{id}/transfers"), .payments()]
    try await withCluster(ClusterOptions(nodes: 1, policies: policies)) { cluster in
      for path in [
        "//payments", "/payments//", "///payments", "/./payments", "/payments/.", "/x/../payments", "/../payments",
        "/payments/x/..", "/%2e/payments", "/x/%2e%2e/payments", "/x/%2E./payments", "/x/.%2e/payments",
        "/payments%2f", "/payments%2F", "/%2fpayments", "/x%2f..%2fpayments", "/x/..%2fpayments", "/payments%00",
        "/payments%00.html", "/x\\..\\payments", "/\\payments", "/%5cpayments", "/x/..;y/payments",
        "/wallets//7/transfers", "/wallets/7//transfers", "/wallets/7/./transfers", "/wallets/7/x/../transfers",
        "/wallets/7%2ftransfers", "/wallets/%2e%2e/wallets/7/transfers", "//payments?a=b",
        "/payments;a=1", "/wallets/7/transfers;a=1", "/%2570ayments",
      ] {
        for key in [freshKey(), nil] {
          let reply = try await cluster.sendRaw(Call("POST", path, key: key))
          #expect(reply.problem == "path-ambiguous", "\(path): \(reply.status)")
          if reply.problem != nil { try expect(reply, is: "path-ambiguous") }
        }
      }
      try await cluster.expectUntouched()
    }
  }

  @Test("A1 odd spellings that cannot mean a guarded path, or come with another method, are forwarded as they are")
  func oddButForwarded() async throws {
    try await withCluster(ClusterOptions(nodes: 1, policies: [.payments(methods: ["POST"])])) { cluster in
      let calls = [
        ("GET", "//payments"), ("GET", "/x/../payments?a=%2e"), ("DELETE", "/payments%2f"), ("POST", "/other//x"),
        ("POST", "/a/../b"), ("POST", "/%70ay//x"), ("PUT", "/./payments"), ("POST", "/x/%2e%2e/y?q=//"),
      ]
      for (method, path) in calls {
        let reply = try await cluster.sendRaw(Call(method, path, key: "k"))
        #expect(reply.status == 201, "\(method) \(path)")
        #expect(reply.label == "ignored", "\(method) \(path)")
      }
      #expect(cluster.origin.calls.map(\.target) == calls.map(\.1))
      try await cluster.expectUntouched(calls: calls.count)
    }
  }

  @Test("A1 plain encodings and a trailing slash are the same path; the target is forwarded as it came")
  func sameSpellings() async throws {
    try await withCluster { cluster in
      let key = freshKey()
      let first = try await cluster.sendRaw(Call("POST", "/p%61yment%73", key: key))
      expectExecuted(first)
      for path in ["/payments", "/payments/", "/%70ayments", "/payment%73/"] {
        expectReplay(try await cluster.sendRaw(Call("POST", path, key: key), to: 1), of: first, "\(path)")
      }
      #expect(cluster.origin.calls.map(\.target) == ["/p%61yment%73"])
    }
  }

  @Test("A1 a policy may tell a trailing slash, and may not care for letter case")
  func strictAndLoosePaths() async throws {
    let policies = [
      IdempotencyPolicy.payments("exact", path: "/exact") { $0.isTrailingSlashSignificant = true },
      .payments("loose", path: "/loose") { $0.isCaseSensitive = false },
    ]
    try await withCluster(ClusterOptions(nodes: 1, policies: policies)) { cluster in
      expectExecuted(try await cluster.send(Call("POST", "/exact", key: freshKey())))
      #expect(try await cluster.send(Call("POST", "/exact/", key: freshKey())).label == "ignored")
      expectExecuted(try await cluster.send(Call("POST", "/LOOSE", key: freshKey())))
      #expect(try await cluster.send(Call("POST", "/EXACT", key: freshKey())).label == "ignored")
    }
  }

  @Test("A1 the first policy that matches wins")
  func firstWins() async throws {
    let policies = [
      IdempotencyPolicy.payments("narrow", path: "/v1/payments") { $0.isKeyRequired = true },
      .payments("wide", path: "/v1/**"),
    ]
    try await withCluster(ClusterOptions(nodes: 1, policies: policies)) { cluster in
      try expect(try await cluster.send(Call("POST", "/v1/payments")), is: "key-missing")
      #expect(try await cluster.send(Call("POST", "/v1/refunds")).status == 201)
      expectExecuted(try await cluster.send(Call("POST", "/v1/payments", key: "k")))
      #expect(try await cluster.record().key.hasPrefix("\(cluster.prefix):narrow:"))
    }
  }

  @Test("A1 a configuration may refuse keys that no policy takes, on POST and PATCH")
  func unmatchedRejected() async throws {
    var options = ClusterOptions(nodes: 1)
    options.unmatchedKey = .reject
    try await withCluster(options) { cluster in
      for method in ["POST", "PATCH"] {
        try expect(try await cluster.send(Call(method, "/other", key: "k")), is: "key-unexpected")
        #expect(try await cluster.send(Call(method, "/other")).layerFields == [])
      }
      for method in ["GET", "PUT", "DELETE"] {
        #expect(try await cluster.send(Call(method, "/other", key: "k")).label == "ignored")
      }
      try await cluster.expectUntouched(calls: 5)
    }
  }

  @Test("A1 an unguarded request that fails is said to be ignored too")
  func unguardedFailure() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      cluster.origin.answers { _ in throw HTTPError(.notFound, message: "no such thing") }
      let reply = try await cluster.send(Call("POST", "/other", key: "k"))
      #expect(reply.status == 404)
      #expect(reply.label == "ignored")
    }
  }

  @Test("A2 a key that is required and absent is asked for")
  func required() async throws {
    try await withCluster(ClusterOptions(nodes: 1, policies: [.payments { $0.isKeyRequired = true }])) { cluster in
      try expect(try await cluster.send(Call()), is: "key-missing")
      try expect(try await cluster.send(Call("PATCH", body: "")), is: "key-missing")
      // Before the caller is asked who it is, and however large the body is.
      try expect(try await cluster.send(Call(caller: nil)), is: "key-missing")
      try expect(try await cluster.send(Call(body: String(repeating: "x", count: 2 << 20))), is: "key-missing")
      #expect(try await cluster.send(Call("GET")).status == 201)
      try await cluster.expectUntouched(calls: 1)
      expectExecuted(try await cluster.send(Call(key: freshKey())))
    }
  }

  @Test("A3 an optional key that is absent: forwarded each time, without a field of this layer")
  func optional() async throws {
    try await withCluster { cluster in
      let first = try await cluster.send(Call())
      let second = try await cluster.send(Call(), to: 1)
      #expect(first.status == 201 && second.status == 201)
      #expect(first.body != second.body)
      #expect(first.layerFields == [] && second.layerFields == [])
      for call in cluster.origin.calls {
        #expect(call.attempt == nil)
        #expect(!call.fields.contains { $0.name.lowercased().hasPrefix("idempotency-") })
        #expect(call.text == #"{"amount":"100.00"}"#)
      }
      // As large as the client likes: nothing is fingerprinted.
      #expect(try await cluster.send(Call(body: String(repeating: "x", count: 2 << 20))).status == 201)
      try await cluster.expectUntouched(calls: 3)
    }
  }

  @Test("A3 a key behind the body, in a trailer, is none")
  func trailer() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let head = "POST /payments HTTP/1.1\r\nHost: \(Call.host)\r\nX-Api-Key: alice\r\nTrailer: Idempotency-Key\r\n"
      let text = head + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nIdempotency-Key: k\r\n\r\n"
      for _ in 0..<2 {
        let reply = try await cluster.sendRaw(Array(text.utf8))
        #expect(reply.status == 201)
        #expect(reply.layerFields == [])
      }
      try await cluster.expectUntouched(calls: 2)
    }
  }

  @Test("A4 keys that a browser adds unasked do no harm where nothing is guarded, whatever they look like")
  func harmless() async throws {
    try await withCluster(ClusterOptions(nodes: 1)) { cluster in
      let values = ["k", "", "\"unfinished", "a,b", String(repeating: "k", count: 1_000), "clé"]
      for value in values {
        for (method, path) in [("GET", "/payments"), ("POST", "/elsewhere"), ("HEAD", "/elsewhere")] {
          let reply = try await cluster.sendRaw(
            Call(method, path, key: value, caller: nil).with { if method != "POST" { $0.body = [] } })
          #expect(reply.status == 201, "\(method) with \(value)")
          #expect(reply.label == "ignored", "\(method) with \(value)")
        }
      }
      let twice = Call("POST", "/elsewhere").with {
        $0.fields += [Field("Idempotency-Key", "a"), Field("Idempotency-Key", "b")]
      }
      #expect(try await cluster.sendRaw(twice).label == "ignored")
      let last = try #require(cluster.origin.calls.last)
      #expect(last.fields.filter { $0.name.lowercased() == "idempotency-key" }.map(\.value) == ["a", "b"])
      try await cluster.expectUntouched(calls: 3 * values.count + 1)
    }
  }
}

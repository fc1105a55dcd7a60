import Foundation
import Testing
@testable import Harness

@Suite("E19 worker: fields on their way through", .timeLimit(.minutes(10)))
struct ProxyFieldTests {
  /// A request of each kind: `/pay` is guarded, `/free` is not.
  static let routes = ["/pay", "/free"]

  func post(_ route: String, _ fields: [String]) -> String {
    .request("POST", route, fields: ["Idempotency-Key: \"\(freshKey())\""] + fields, body: "{}")
  }

  @Test("fields of one connection end at the worker, on their way to the origin", arguments: routes)
  func hopByHopRequest(route: String) async throws {
    try await ProxyWorker.run { worker in
      let fields = [
        "Connection: X-One, keep-alive", "Connection: x-two", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive",
        "TE: trailers", "Trailer: X-Sum", "X-One: 1", "X-TWO: 2", "X-Three: 3",
      ]
      #expect(try await worker.send(post(route, fields)).status == 200)
      let request = try #require(try worker.origin.requests.first)
      let names = Set(request.fields.map { $0.name.lowercased() })
      #expect(
        names.isDisjoint(with: [
          "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "x-one", "x-two",
        ]))
      #expect(request.values("X-Three") == ["3"])
      #expect(request.framing == .length(2))
    }
  }

  @Test("Connection cannot take away what every recipient needs", arguments: routes)
  func nominatedButNeeded(route: String) async throws {
    try await ProxyWorker.run { worker in
      let fields = [
        "Connection: Host, Content-Type, Content-Length, Idempotency-Key, Authorization, X-Forwarded-For, Via, Forwarded",
        "Content-Type: text/plain", "Authorization: Bearer x",
      ]
      #expect(try await worker.send(post(route, fields)).status == 200)
      let request = try #require(try worker.origin.requests.first)
      for name in ["Host", "Content-Type", "Authorization", "Idempotency-Key", "X-Forwarded-For", "Via", "Forwarded"] {
        #expect(request.values(name).count == 1, "\(name)")
      }
      #expect(request.framing == .length(2))
    }
  }

  @Test("an upgrade is not asked for, and what follows it is no request")
  func upgrade() async throws {
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        try await wire.send(
          .request(fields: ["Connection: upgrade", "Upgrade: websocket"]) + .request("GET", "/smuggled"))
        let answer = try await wire.answer()
        #expect(answer.status == 200)
        #expect(answer["Connection"] == "close")
        await wire.ended()
      }
      let request = try #require(try worker.origin.requests.first)
      #expect(request["Upgrade"] == nil)
      #expect(try worker.origin.requests.count == 1)
    }
  }

  @Test("fields of one connection end at the worker, on their way back", arguments: routes)
  func hopByHopAnswer(route: String) async throws {
    let fields = [
      "Connection: X-One, keep-alive", "Keep-Alive: timeout=5", "X-One: 1", "Proxy-Connection: keep-alive",
      "Upgrade: h2c", "Trailer: X-Sum", "TE: trailers", "X-Two: 2", "X-Two: 3", "Connection: Set-Cookie",
      "Content-Type: text/plain",
    ]
    try await ProxyWorker.run(answers: { _ in .answer(fields: fields) }) { worker in
      let call = post(route, [])
      for _ in 1...2 {
        let answer = try await worker.send(call)
        #expect(answer.status == 200)
        let names = Set(answer.fields.map { $0.name.lowercased() })
        #expect(
          names.isDisjoint(with: ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "x-one"]))
        #expect(answer.values("X-Two") == ["2", "3"])
        #expect(answer["Content-Type"] == "text/plain")
      }
    }
  }

  // MARK: Forwarded

  static let claims = [
    "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "X-Forwarded-Port: 444",
    "X-Forwarded-Prefix: /evil", "X-Forwarded-Client-Cert: evil", "Forwarded: for=6.6.6.6;host=evil.example",
  ]

  @Test("what an untrusted client says of itself is replaced", arguments: routes)
  func untrusted(route: String) async throws {
    try await ProxyWorker.run { worker in
      _ = try await worker.send(post(route, Self.claims))
      let request = try #require(try worker.origin.requests.first)
      #expect(request.values("X-Forwarded-For") == ["127.0.0.1"])
      #expect(request.values("X-Forwarded-Host") == ["api.example"])
      #expect(request.values("X-Forwarded-Proto") == ["http"])
      #expect(request.values("Forwarded") == ["for=127.0.0.1;proto=http;host=\"api.example\""])
      #expect(!request.fields.contains { $0.value.contains("evil") || $0.value.contains("6.6.6.6") })
      #expect(request.values("X-Forwarded-Port") == [])
    }
  }

  @Test("what a trusted proxy says is kept and added to, line by line in order", arguments: routes)
  func trusted(route: String) async throws {
    try await ProxyWorker.run(flags: ["--trusted-proxies", "127.0.0.0/8"]) { worker in
      let fields = [
        "X-Forwarded-For: 1.1.1.1, 2.2.2.2", "X-Forwarded-For: 3.3.3.3", "X-Forwarded-Host: shop.example",
        "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /v1", "Forwarded: for=1.1.1.1, for=2.2.2.2",
        "Forwarded: for=3.3.3.3", "Via: 1.1 first", "Via: 1.1 second",
      ]
      _ = try await worker.send(post(route, fields))
      let request = try #require(try worker.origin.requests.first)
      #expect(request.values("X-Forwarded-For") == ["1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1"])
      #expect(request.values("X-Forwarded-Host") == ["shop.example"])
      #expect(request.values("X-Forwarded-Proto") == ["https"])
      #expect(request.values("X-Forwarded-Prefix") == ["/v1"])
      #expect(
        request.values("Forwarded") == [
          "for=1.1.1.1, for=2.2.2.2, for=3.3.3.3, for=127.0.0.1;proto=http;host=\"api.example\""
        ])
      #expect(request.values("Via") == ["1.1 first, 1.1 second, 1.1 idempotency"])
    }
  }

  @Test("a client's IPv6 address stands in brackets")
  func ipv6() async throws {
    try await ProxyWorker.run(try await RawOrigin.start(), .init(listen: "[::1]:0")) { worker in
      _ = try await worker.send(.request(fields: Self.claims))
      let request = try #require(try worker.origin.requests.first)
      #expect(request.values("X-Forwarded-For") == ["::1"])
      #expect(request.values("Forwarded") == ["for=\"[::1]\";proto=http;host=\"api.example\""])
    }
  }

  @Test("a client on a Unix socket has no address")
  func unixSocket() async throws {
    let path = "/tmp/proxy-\(UInt32.random(in: 0...UInt32.max)).sock"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await ProxyWorker.run(try await RawOrigin.start(), .init(listen: "unix:\(path)")) { worker in
      _ = try await worker.send(.request(fields: Self.claims))
      let request = try #require(try worker.origin.requests.first)
      #expect(request.values("X-Forwarded-For") == [])
      #expect(request.values("X-Forwarded-Host") == ["api.example"])
      #expect(request.values("Forwarded") == ["for=unknown;proto=http;host=\"api.example\""])
    }
  }

  // MARK: Host and target

  @Test("Host is kept as it came, and Via names the client's version")
  func host() async throws {
    try await ProxyWorker.run { worker in
      _ = try await worker.send("GET /free HTTP/1.1\r\nhOsT: Shop.Example:8443\r\n\r\n")
      _ = try await worker.send("GET /free HTTP/1.0\r\nHost: old.example\r\n\r\n")
      _ = try await worker.send("GET /free HTTP/1.0\r\n\r\n")
      let requests = try worker.origin.requests
      #expect(requests.map { $0.values("Host") } == [["Shop.Example:8443"], ["old.example"], []])
      #expect(requests.map { $0.values("Via") } == [["1.1 idempotency"], ["1.0 idempotency"], ["1.0 idempotency"]])
    }
  }

  @Test("in absolute form the target's authority counts, and replaces Host", arguments: routes)
  func absoluteForm(route: String) async throws {
    try await ProxyWorker.run { worker in
      let answer = try await worker.send(
        .request("POST", "http://shop.example:81\(route)?q", fields: ["Idempotency-Key: \"\(freshKey())\""], body: "{}")
      )
      #expect(answer.label == (route == "/pay" ? "executed" : "ignored"))
      let request = try #require(try worker.origin.requests.first)
      #expect(request.target == "http://shop.example:81\(route)?q")
      #expect(request.values("Host") == ["shop.example:81"])
      #expect(request.values("X-Forwarded-Host") == ["shop.example:81"])
    }
  }

  @Test("the target reaches the origin as it came")
  func rawTarget() async throws {
    let targets = [
      "/", "/a%2Fb", "/a%2fb/", "/a//b", "/a/../b", "/./a", "/%7Ea/%41", "/a;b=c/d;e", "/?", "/?a=%00&b=;&a=+",
      "/a?//../?", "/a%", "/a%zz", "/a|b^`{}\"<>\\", "/" + String(repeating: "x", count: 8_000),
      "http://api.example/a//b?c", "http://api.example",
    ]
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        for target in targets {
          try await wire.send(.request("GET", target))
          #expect(try await wire.answer().status == 200, "\(target)")
        }
      }
      #expect(try worker.origin.requests.map(\.target) == targets)
      let spelled = try await worker.send(
        .request("POST", "/p%61y/?x=%20", fields: ["Idempotency-Key: \"\(freshKey())\""], body: "{}"))
      #expect(spelled.label == "executed")
      #expect(try worker.origin.requests.last?.target == "/p%61y/?x=%20")
    }
  }

  // MARK: Date, and this layer's own fields

  @Test("Date is added where it is missing, and kept where it is not", arguments: routes)
  func date(route: String) async throws {
    let own = "Mon, 01 Jan 2024 00:00:00 GMT"
    try await ProxyWorker.run(answers: { request in
      .answer(fields: request["X-Own"] == nil ? [] : ["Date: \(own)"])
    }) { worker in
      let added = try await worker.send(post(route, []))
      let pattern =
        /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20\d\d \d\d:\d\d:\d\d GMT/
      #expect(added.values("Date").count == 1)
      #expect(added["Date"]?.wholeMatch(of: pattern) != nil, "\(added["Date"] ?? "none")")
      #expect(try await worker.send(post(route, ["X-Own: 1"])).values("Date") == [own])
    }
  }

  @Test("A6 this layer's fields are removed from the wrong side, on every route and in trailers", arguments: routes)
  func wrongSide(route: String) async throws {
    let fields = [
      "Idempotency-Status: replayed", "Idempotent-Replayed: true", "Idempotency-Stored: pending",
      "Idempotency-Retention: 60", "X-Mine: 1",
    ]
    let trailers = fields.dropLast() + ["X-Sum: 7"]
    try await ProxyWorker.run(answers: { request in
      request["X-Chunked"] == nil
        ? .answer(fields: fields) : .chunked(["ok"], fields: fields, trailers: Array(trailers))
    }) { worker in
      for extra in [[], ["X-Chunked: 1"]] {
        let answer = try await worker.send(post(route, ["Idempotency-Attempt: 99", "IDEMPOTENCY-attempt: 98"] + extra))
        #expect(answer.status == 200)
        #expect(answer.values("Idempotency-Status") == [route == "/pay" ? "executed" : "ignored"])
        for name in ["Idempotent-Replayed", "Idempotency-Stored", "Idempotency-Retention"] {
          #expect(answer.values(name) == [], "\(name)")
        }
        #expect(answer["X-Mine"] == "1")
        #expect(!answer.trailers.contains { $0.name.lowercased().hasPrefix("idempoten") })
        let request = try #require(try worker.origin.requests.last)
        #expect(request.values("Idempotency-Attempt") == (route == "/pay" ? ["1"] : []))
      }
      _ = try await worker.send(.request(fields: ["Idempotency-Attempt: 7"]))
      #expect(try worker.origin.requests.last?.values("Idempotency-Attempt") == [])
    }
  }

  @Test("A6 a trailer of a request says nothing about this layer or the way")
  func requestTrailers() async throws {
    try await ProxyWorker.run { worker in
      for route in Self.routes {
        let head = "POST \(route) HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"\(freshKey())\"\r\n"
        _ = try await worker.send(
          head
            + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nIdempotency-Attempt: 9\r\nIdempotent-Replayed: true\r\n"
            + "Host: evil\r\nForwarded: for=6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\nTE: trailers\r\nX-Sum: 7\r\n\r\n")
        let request = try #require(try worker.origin.requests.last)
        #expect(request.trailers == [Field("X-Sum", "7")])
        #expect(request.text == "{}")
      }
    }
  }

  @Test(
    "W2, W3, W6 the origin sees the caller that was checked: not by Connection, a twin with `_`, or a trailer",
    arguments: routes)
  func caller(route: String) async throws {
    try await ProxyWorker.run { worker in
      _ = try await worker.send(
        "POST \(route) HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"\(freshKey())\"\r\nConnection: x-api-key\r\n"
          + "X-Api-Key: alice\r\nX_Api_Key: bob\r\nIdempotency_Attempt: 9999\r\nX_Forwarded_For: 6.6.6.6\r\nX_Other: 1\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Api-Key: eve\r\nCookie: a\r\nX-Sum: 7\r\n\r\n")
      let request = try #require(try worker.origin.requests.last)
      #expect(request.values("X-Api-Key") == ["alice"] && request.values("X_Other") == ["1"])
      for name in ["X_Api_Key", "Idempotency_Attempt", "X_Forwarded_For"] {
        #expect(request.values(name) == [], "\(name)")
      }
      #expect(request.trailers == [Field("X-Sum", "7")])
    }
  }

  static let overrides = [
    "X-HTTP-Method-Override", "X-HTTP-Method", "x-method-override", "X_HTTP_Method_Override", "X-Http_Method",
    "X_Method-Override",
  ]

  @Test("W12 no request asks the origin for another method than the one that policies saw", arguments: routes)
  func methodOverride(route: String) async throws {
    try await ProxyWorker.run { worker in
      let key = "Idempotency-Key: \"\(freshKey())\"\r\n"
      let fields = Self.overrides.map { "\($0): DELETE\r\n" }.joined()
      _ = try await worker.send(
        "POST \(route) HTTP/1.1\r\nHost: a\r\n\(key)\(fields)X-HTTP-Methods: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "2\r\n{}\r\n0\r\n\(fields)X-Sum: 7\r\n\r\n")
      _ = try await worker.send("GET \(route) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
      let requests = try worker.origin.requests
      #expect(requests.map(\.method) == ["POST", "GET"])
      for request in requests {
        #expect(!(request.fields + request.trailers).contains { $0.value == "DELETE" })
      }
      #expect(requests[0].values("X-HTTP-Methods") == ["1"] && requests[0].trailers == [Field("X-Sum", "7")])
    }
  }

  @Test("W12 where the configuration says so they pass, as they came, but not in trailers", arguments: routes)
  func methodOverridePasses(route: String) async throws {
    try await ProxyWorker.run(flags: ["--drop-method-override", "false"]) { worker in
      let key = "Idempotency-Key: \"\(freshKey())\"\r\n"
      let fields = Self.overrides.map { "\($0): DELETE\r\n" }.joined()
      _ = try await worker.send(
        "POST \(route) HTTP/1.1\r\nHost: a\r\n\(key)\(fields)Transfer-Encoding: chunked\r\n\r\n"
          + "2\r\n{}\r\n0\r\n\(fields)X-Sum: 7\r\n\r\n")
      let request = try #require(try worker.origin.requests.first)
      #expect(request.fields.filter { $0.value == "DELETE" }.map(\.name) == Self.overrides)
      #expect(request.trailers == [Field("X-Sum", "7")])
    }
  }

  @Test("W3 an origin's twin of this layer's field reaches no client and no record")
  func originTwin() async throws {
    let answer = "HTTP/1.1 200 OK\r\nidempotency_status: replayed\r\nX_Other: 1\r\nContent-Length: 2\r\n\r\nok"
    try await ProxyWorker.run(answers: { _ in answer }) { worker in
      for route in Self.routes {
        let call = post(route, [])
        for _ in 1...2 {
          let answer = try await worker.send(call)
          #expect(answer["idempotency_status"] == nil && answer["X_Other"] == "1")
        }
      }
    }
  }

  @Test("W5 blanks around a caller's name are not part of it")
  func blanks() async throws {
    try await ProxyWorker.run { worker in
      let key = freshKey()
      func call(_ caller: String) -> String {
        "POST /pay HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"\(key)\"\r\nX-Api-Key:\(caller)\r\nContent-Length: 2\r\n\r\n{}"
      }
      let first = try await worker.send(call(" alice"))
      #expect(first.label == "executed")
      for caller in ["alice", "\talice \t", "  alice"] {
        let again = try await worker.send(call(caller))
        #expect(again.label == "replayed")
      }
    }
  }
}

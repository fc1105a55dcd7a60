import Foundation
import Testing
@testable import Harness

@Suite("E20 worker: one connection, many requests", .timeLimit(.minutes(10)))
struct ProxyKeepAliveTests {
  static let routes = ["/pay", "/free"]

  /// Hundreds of connections are opened before any goes on.
  static let patient = ["--client-timeouts-header", "60s", "--client-timeouts-body", "60s"]

  // MARK: HTTP/1.0 and keep-alive

  @Test("E20 a client of HTTP/1.0", arguments: routes)
  func http10(route: String) async throws {
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        try await wire.send(.request("POST", route, fields: [ProxyMessageTests.key()], body: "{}", version: "HTTP/1.0"))
        let answer = try await wire.answer()
        #expect(answer.status == 200)
        #expect(answer.framing == .length(2))
        #expect(answer["Connection"] == "close")
        #expect(await wire.ended() == .closed)
      }
      try await worker.connection { wire in
        for _ in 1...2 {
          let fields = [ProxyMessageTests.key(), "Connection: keep-alive"]
          try await wire.send(.request("POST", route, fields: fields, body: "{}", version: "HTTP/1.0"))
          let answer = try await wire.answer()
          #expect(answer.status == 200)
          #expect(answer["Connection"]?.lowercased() == "keep-alive")
        }
        #expect(wire.end == nil)
      }
    }
  }

  @Test("E20 to a client of HTTP/1.0 the end of an answer of unknown length is that of the connection")
  func http10UnknownLength() async throws {
    try await ProxyWorker.run(answers: { _ in .chunked(["one", "two"]) }) { worker in
      try await worker.connection { wire in
        try await wire.send(.request(fields: ["Connection: keep-alive"], version: "HTTP/1.0"))
        let answer = try await wire.answer()
        #expect(answer.framing == .untilClose)
        #expect(answer["Connection"] == "close")
        #expect(answer.text == "onetwo")
      }
    }
  }

  @Test("E20 a connection serves until its client says close", arguments: routes)
  func keepAlive(route: String) async throws {
    try await ProxyWorker.run(answers: { request in .answer(201, request.text) }) { worker in
      try await worker.connection { wire in
        for number in 1...3 {
          try await wire.send(.request("POST", route, fields: [ProxyMessageTests.key()], body: "\(number)"))
          let answer = try await wire.answer()
          #expect(answer.text == "\(number)")
          #expect(answer["Connection"] == nil)
        }
        try await wire.send(.request("POST", route, fields: [ProxyMessageTests.key(), "Connection: close"], body: "4"))
        let answer = try await wire.answer()
        #expect(answer.text == "4")
        #expect(answer["Connection"] == "close")
        #expect(await wire.ended() == .closed)
      }
    }
  }

  @Test("what follows a request that says close is nobody's request", arguments: routes)
  func afterClose(route: String) async throws {
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        try await wire.send(
          .request("POST", route, fields: [ProxyMessageTests.key(), "Connection: close"], body: "{}")
            + .request("GET", "/after"))
        #expect(try await wire.answer().status == 200)
        await wire.ended()
        #expect(wire.text.components(separatedBy: "HTTP/1.1 ").count == 2)
      }
      #expect(try worker.origin.requests.map(\.target) == [route])
    }
  }

  // MARK: Pipelining

  @Test("E20 fifty requests at once are answered in order, each once")
  func pipelining() async throws {
    try await ProxyWorker.run(answers: { request in
      request["X-Chunked"] == nil ? .answer(200, "\(request.target) \(request.text)") : .chunked([request.text])
    }) { worker in
      try await worker.connection { wire in
        var expected: [String] = []
        var requests = ""
        for number in 1...50 {
          switch number % 5 {
          case 0:
            requests += .request("POST", "/pay", fields: [ProxyMessageTests.key()], body: "b\(number)")
            expected.append("200 /pay b\(number)")
          case 1:
            requests += .request("GET", "/free/\(number)")
            expected.append("200 /free/\(number) ")
          case 2:
            requests += .request("POST", "/pay", fields: ["Idempotency-Key: \"\""], body: "b\(number)")
            expected.append("400")
          case 3:
            requests += .request("POST", "/free", fields: ["X-Chunked: 1", "Transfer-Encoding: chunked"])
            requests += "2\r\nc\(number % 10)\r\n0\r\n\r\n"
            expected.append("200 c\(number % 10)")
          default:
            requests += .request("PUT", "/free", body: "b\(number)")
            expected.append("200 /free b\(number)")
          }
        }
        try await wire.send(requests)
        for text in expected {
          let answer = try await wire.answer()
          #expect(text == (answer.status == 200 ? "200 \(answer.text)" : "\(answer.status)"))
        }
        #expect(wire.end == nil)
      }
      #expect(try worker.origin.requests.count == 40)
      #expect(try worker.origin.requests.filter { $0.target == "/pay" }.count == 10)
    }
  }

  @Test("thousands of requests that wait for one are no depth to fall into")
  func deepPipelining() async throws {
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        let count = 4_000
        let refused = String.request("POST", "/pay", fields: ["Idempotency-Key: \"\"", "Content-Length: 0"])
        let requests = .request() + String(repeating: refused, count: count)
        try await wire.send(requests)
        #expect(try await wire.answer().status == 200)
        let one = try await wire.answer()
        #expect(one.status == 400)
        for _ in 2...count { #expect(try await wire.answer().status == 400) }
      }
    }
  }

  @Test("requests before one that is not clean are served before it is refused", arguments: routes)
  func pipeliningBeforeRefusal(route: String) async throws {
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        let one = { String.request("POST", route, fields: [ProxyMessageTests.key()], body: "{}") }
        try await wire.send(one() + one() + one() + "GET /x\0y HTTP/1.1\r\n\r\n" + one())
        for _ in 1...3 {
          let answer = try await wire.answer()
          #expect(answer.status == 200)
          #expect(answer["Connection"] == nil)
        }
        let refusal = try await wire.answer()
        #expect(refusal.status == 400)
        #expect(refusal["Connection"] == "close")
        #expect(await wire.ended() == .closed)
      }
      #expect(try worker.origin.requests.count == 3)
    }
  }

  @Test("E20 a request in two pieces, cut anywhere", arguments: ["/pay", "/free", "chunked"])
  func split(form: String) async throws {
    try await ProxyWorker.run(flags: Self.patient, answers: { request in .answer(200, request.text) }) { worker in
      func request() -> [UInt8] {
        let text: String =
          form == "chunked"
          ? .request("POST", "/free", fields: ["Transfer-Encoding: chunked"]) + "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
          : .request("POST", form, fields: [ProxyMessageTests.key()], body: "onetwo")
        return Array(text.utf8)
      }
      let count = request().count
      // All first pieces before any second: each is read on its own.
      var wires: [(Wire, ArraySlice<UInt8>)] = []
      for cut in 1..<count {
        let wire = try await worker.open()
        let bytes = request()
        try await wire.send(Array(bytes[..<cut]))
        wires.append((wire, bytes[cut...]))
      }
      for (wire, rest) in wires { try await wire.send(Array(rest)) }
      for (index, (wire, _)) in wires.enumerated() {
        let answer = try await wire.answer()
        #expect(answer.status == 200 && answer.text == "onetwo", "cut after \(index + 1) bytes")
        await wire.close()
      }
      #expect(try worker.origin.requests.count == count - 1)
    }
  }
}

import Testing
@testable import Harness

@Suite("E5, E7 worker: field values to the byte", .timeLimit(.minutes(10)))
struct ProxyByteTests {
  static let routes = ["/pay", "/free"]

  /// Every byte that is no ASCII; most sequences of them are no UTF-8.
  static let high = [UInt8](0x80...0xFF)
  /// Two that are UTF-8 together: they must not become one.
  static let utf8 = Array("caf\u{E9} \u{4E0A}".utf8)
  static let fields = [Field("X-High", bytes: high), Field("X-Text", bytes: utf8)]

  static func lines(_ fields: [Field]) -> [UInt8] {
    fields.flatMap { Array("\($0.name): ".utf8) + $0.bytes + [13, 10] }
  }

  /// A request with these bytes in its fields and in its body.
  static func request(_ route: String) -> [UInt8] {
    Array("POST \(route) HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"\(freshKey())\"\r\n".utf8) + lines(fields)
      + Array("Content-Length: \(high.count)\r\n\r\n".utf8) + high
  }

  /// An answer with the same.
  static let answer =
    Array("HTTP/1.1 200 OK\r\n".utf8) + lines(fields) + Array("Content-Length: \(high.count)\r\n\r\n".utf8) + high

  func expectExact(_ fields: [Field], _ body: [UInt8], _ comment: Comment? = nil) {
    #expect(fields.filter { $0.name == "X-High" }.map(\.bytes) == [Self.high], comment)
    #expect(fields.filter { $0.name == "X-Text" }.map(\.bytes) == [Self.utf8], comment)
    #expect(body == Self.high, comment)
  }

  @Test("bytes 80 to FF both ways, executed and replayed, again and again on one connection", arguments: routes)
  func bothWays(route: String) async throws {
    try await ProxyWorker.run(script: { wire, _ in
      while try await wire.request() != nil { try await wire.send(Self.answer) }
    }) { worker in
      try await worker.connection { wire in
        for number in 1...3 {
          let call = Self.request(route)
          for _ in 1...2 {
            try await wire.send(call)
            let answer = try await wire.answer()
            #expect(answer.status == 200, "request \(number)")
            expectExact(answer.fields, answer.body, "answer \(number)")
          }
        }
      }
      let requests = try worker.origin.requests
      #expect(requests.count == (route == "/pay" ? 3 : 6))
      for request in requests { expectExact(request.fields, request.body) }
    }
  }

  @Test("the same, the request in two pieces", arguments: routes)
  func splitRequest(route: String) async throws {
    try await ProxyWorker.run(flags: ProxyKeepAliveTests.patient) { worker in
      let count = Self.request(route).count
      var wires: [(Wire, [UInt8])] = []
      for cut in stride(from: 1, to: count, by: 3) {
        let wire = try await worker.open()
        let bytes = Self.request(route)
        try await wire.send(Array(bytes[..<cut]))
        wires.append((wire, Array(bytes[cut...])))
      }
      for (wire, rest) in wires { try await wire.send(rest) }
      for (wire, _) in wires {
        #expect(try await wire.answer().status == 200)
        await wire.close()
      }
      for request in try worker.origin.requests { expectExact(request.fields, request.body) }
    }
  }

  @Test("the same, the answer in two pieces and behind interim answers", arguments: routes)
  func splitAnswer(route: String) async throws {
    // A digit 1 in ninth place of any piece must not look like an interim answer's status.
    let ones = Array("X-Ones: \(String(repeating: "1", count: 40))\r\n".utf8)
    let interim = Array("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".utf8)
    let final = Array("HTTP/1.1 200 OK\r\n".utf8) + ones + Self.answer.dropFirst(17)
    let cuts = Array(stride(from: 1, to: interim.count + final.count, by: 5))
    let turn = Watched(0)
    let sent = Watched(0)
    let gate = Gate()
    try await ProxyWorker.run(script: { wire, _ in
      guard try await wire.request() != nil else { return }
      let cut = cuts[
        turn.update { turn in
          turn += 1
          return turn - 1
        }]
      let message = interim + final
      try await wire.send(Array(message[..<cut]))
      sent.update { $0 += 1 }
      await gate.pass()
      try await wire.send(Array(message[cut...]))
      _ = try await wire.request()
    }) { worker in
      try await withThrowingTaskGroup(of: WireAnswer.self) { group in
        for _ in cuts { group.addTask { try await worker.send(Self.request(route)) } }
        await sent.wait { $0 == cuts.count }
        gate.open()
        for try await answer in group {
          #expect(answer.status == 200)
          expectExact(answer.fields, answer.body)
        }
      }
    }
  }

  @Test("W1 in a pipeline, such bytes are carried exactly, wherever the stream is cut", arguments: routes)
  func pipelined(route: String) async throws {
    let first = Array("GET /free HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    try await ProxyWorker.run { worker in
      let count = Self.request(route).count
      for cut in stride(from: 1, to: count, by: 7) {
        let request = Self.request(route)
        try await worker.connection { wire in
          try await wire.send(first + request[..<cut])
          #expect(try await wire.answer().status == 200)
          try await wire.send(Array(request[cut...]))
          #expect(try await wire.answer().status == 200)
        }
      }
      for request in try worker.origin.requests where request.method == "POST" {
        expectExact(request.fields, request.body, "\(request.target)")
      }
    }
  }

  @Test("W1 a body of high bytes is never read as a head: two requests are two at the origin")
  func bodyAsHead() async throws {
    let hidden = "DELETE /SMUGGLED HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    let body = [UInt8](repeating: 0xE9, count: hidden.utf8.count) + Array(hidden.utf8)
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        let head = "POST /free HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)"
        try await wire.send("GET /free HTTP/1.1\r\nHost: a\r\n\r\n" + head)
        #expect(try await wire.answer().status == 200)
        try await wire.send(Array("\r\n\r\n".utf8) + body)
        #expect(try await wire.answer().status == 200)
      }
      let requests = try worker.origin.requests
      #expect(requests.map(\.method) == ["GET", "POST"] && requests.last?.body == body)
    }
  }

  @Test("W1 a principal is the bytes of its field, pipelined or not: C3 A9 is not E9")
  func principal() async throws {
    try await ProxyWorker.run { worker in
      func call(_ user: [UInt8]) -> [UInt8] {
        Array("POST /pay HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"same-key-of-both\"\r\nX-Api-Key: ".utf8) + user
          + Array("\r\nContent-Length: 2\r\n\r\n{}".utf8)
      }
      let victim = try await worker.send(call([0xE9]))
      #expect(victim.label == "executed")
      try await worker.connection { wire in
        let attack = call([0xC3, 0xA9])
        try await wire.send(Array("GET /free HTTP/1.1\r\nHost: a\r\n\r\n".utf8) + attack.prefix(100))
        #expect(try await wire.answer().status == 200)
        try await wire.send(Array(attack.dropFirst(100)))
        #expect(try await wire.answer().label == "executed")
      }
      #expect(try await worker.send(call([0xE9])).label == "replayed")
    }
  }
}

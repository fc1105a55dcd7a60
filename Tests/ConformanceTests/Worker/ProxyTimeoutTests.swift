import Testing
@testable import Harness

@Suite("E20 worker: time-outs and limits", .timeLimit(.minutes(10)))
struct ProxyTimeoutTests {
  static let key = "Idempotency-Key: \"k\""

  // MARK: Slow clients

  @Test("a head that drips is cut off", arguments: ["", "GET /", "GET /free HTTP/1.1\r\nHost: a\r\nX: "])
  func slowHead(start: String) async throws {
    try await ProxyWorker.run(flags: ["--client-timeouts-header", "300ms", "--client-timeouts-idle", "600ms"]) {
      worker in
      try await worker.connection { wire in
        try await wire.send(start)
        // Every byte is some progress; the time of the whole head counts.
        let drip = Task {
          while !start.isEmpty, wire.end == nil {
            await wire.offer(Array("x".utf8))
            try await Task.sleep(for: .milliseconds(20))
          }
        }
        #expect(await wire.ended() == .closed)
        drip.cancel()
        if start.isEmpty {
          #expect(wire.received.isEmpty)
        } else {
          #expect(try await wire.answer().status == 408)
        }
      }
      #expect(worker.origin.bytesReceived == 0)
    }
  }

  @Test("a second head that drips is cut off too")
  func slowSecondHead() async throws {
    try await ProxyWorker.run(flags: ["--client-timeouts-header", "300ms"]) { worker in
      try await worker.connection { wire in
        try await wire.send(.guarded())
        #expect(try await wire.answer().status == 200)
        try await wire.send("POST /pay HT")
        #expect(try await wire.answer().status == 408)
        await wire.ended()
      }
      #expect(try worker.origin.requests.count == 1)
    }
  }

  @Test("a body that stops coming is waited for no longer", arguments: ["/pay", "/free"])
  func slowBody(route: String) async throws {
    try await ProxyWorker.run(flags: ["--client-timeouts-body", "200ms"]) { worker in
      try await worker.connection { wire in
        try await wire.send(.request("POST", route, fields: [Self.key, "Content-Length: 10"]) + "half")
        #expect(try await wire.answer().status == 408)
        #expect(await wire.ended() == .closed)
      }
      #expect(try worker.origin.requests.isEmpty)
      if route == "/free" {
        // What had begun there is broken off.
        let half = try await worker.origin.connection(1)
        await half.ended()
      } else {
        #expect(worker.origin.bytesReceived == 0)
        // The key is free.
        #expect(try await worker.send(.request("POST", route, fields: [Self.key], body: "half")).label == "executed")
      }
    }
  }

  @Test("a connection that is not used is closed, before and after a request")
  func idle() async throws {
    try await ProxyWorker.run(flags: ["--client-timeouts-idle", "1s"]) { worker in
      for isUsed in [false, true] {
        try await worker.connection { wire in
          if isUsed {
            try await wire.send(.request())
            _ = try await wire.answer()
          }
          #expect(await wire.ended() == .closed)
        }
      }
    }
  }

  @Test("a client that does not read its answer is let go, and the origin with it")
  func unreadAnswer() async throws {
    try await ProxyWorker.run(
      flags: ["--client-timeouts-body", "300ms"],
      script: { wire, _ in
        _ = try await wire.request()
        try await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while wire.end == nil { try await wire.send([UInt8](repeating: 0x78, count: 1 << 20)) }
      }
    ) { worker in
      let wire = try await worker.open()
      try await wire.stopReading()
      try await wire.send(.request())
      try await worker.origin.connection(1).ended()
      await wire.close()
    }
  }

  @Test("a client that reads slowly is not one that does not read")
  func slowReader() async throws {
    let body = ProxyStreamingTests.bytes(8 << 20)
    var options = ProxyWorker.Options(flags: ["--client-timeouts-body", "3s"])
    options.policy = ["limits: { responseBody: 8MiB }"]
    let origin = try await RawOrigin.start { wire, _ in
      _ = try await wire.request()
      try await wire.send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
      await wire.ended()
    }
    try await ProxyWorker.run(origin, options) { worker in
      let wire = try await worker.open(receiveBuffer: 32 * 1024)
      try await wire.stopReading()
      try await wire.send(.guarded())
      // Slowness is what is tested: more of it than the time-out. Linux makes room in the worker's socket by the
      // mebibyte, so that much must go in less than the time-out.
      let begun = ContinuousClock.now
      while begun.duration(to: .now) < .milliseconds(3_500) {
        wire.readOnce()
        try await Task.sleep(for: .milliseconds(30))
      }
      #expect(wire.received.count < body.count)
      try await wire.readOn()
      #expect(try await wire.answer().body == body)
      await wire.close()
    }
  }

  // MARK: Slow origins

  @Test("an origin that says nothing")
  func silentOrigin() async throws {
    try await ProxyWorker.run(flags: ["--origin-timeout", "300ms"], script: { wire, _ in await wire.ended() }) {
      worker in
      let free = try await worker.send(.request("POST", "/free", fields: [Self.key], body: "{}"))
      #expect(free.status == 504)
      #expect(free.label == "ignored")
      let first = try await worker.send(.request("POST", "/pay", fields: [Self.key], body: "{}"))
      #expect(first.status == 504)
      #expect(first.label == "uncertain")
      let second = try await worker.send(.request("POST", "/pay", fields: [Self.key], body: "{}"))
      #expect(second.status == 409)
      #expect(second.label == "uncertain")
      #expect(try worker.origin.requests.filter { $0.target == "/pay" }.count == 1)
    }
  }

  @Test("an origin that falls silent in the middle of its answer", arguments: ["HTTP/1.1", "HTTP/1.0"])
  func silentInTheMiddle(version: String) async throws {
    try await ProxyWorker.run(
      flags: ["--origin-timeout", "1s"],
      script: { wire, _ in
        guard let request = try await wire.request() else { return }
        let framing = request["X-Chunked"] == nil ? "Content-Length: 10" : "Transfer-Encoding: chunked"
        try await wire.send(
          "HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n" + (request["X-Chunked"] == nil ? "half" : "4\r\nhalf\r\n"))
        await wire.ended()
      }
    ) { worker in
      for fields in [[], ["X-Chunked: 1"]] {
        try await worker.connection { wire in
          try await wire.send(.request(fields: fields, version: version))
          try await wire.until("half")
          let end = await wire.ended()
          // Where the end of the connection is that of the answer, it must not look like one.
          if version == "HTTP/1.0", !fields.isEmpty { #expect(end == .broken) }
          #expect((try? await wire.answer()) == nil)
        }
      }
      let first = try await worker.send(.request("POST", "/pay", fields: [Self.key], body: "{}"))
      #expect(first.status == 504)
      #expect(first.label == "uncertain")
    }
  }

  @Test("an origin that reads nothing")
  func deafOrigin() async throws {
    try await ProxyWorker.run(
      flags: ["--origin-timeout", "500ms"],
      script: { wire, _ in
        try await wire.stopReading()
        await wire.ended()
      }
    ) { worker in
      try await worker.connection { wire in
        try await wire.send(.request("POST", "/free", fields: ["Content-Length: 100000000"]))
        let flood = Task {
          while wire.end == nil { await wire.offer([UInt8](repeating: 0x78, count: 1 << 20)) }
        }
        #expect(try await wire.answer().status == 504)
        await wire.close()
        await flood.value
      }
    }
  }

  @Test("an origin that is not there was not reached: 502, and the key is free")
  func absentOrigin() async throws {
    let origin = try await RawOrigin.start()
    await origin.stop()
    try await ProxyWorker.run(origin) { worker in
      #expect(try await worker.send(.request()).status == 502)
      for _ in 1...2 {
        let answer = try await worker.send(.request("POST", "/pay", fields: [Self.key], body: "{}"))
        #expect(answer.status == 502)
        #expect(answer.label == "released")
      }
    }
  }

  // MARK: Limits

  @Test("a head that is too large: 431", arguments: ["value", "name", "target", "lines", "count", "drip"])
  func largeHead(kind: String) async throws {
    try await ProxyWorker.run(flags: ["--limits-header-bytes", "4KiB"]) { worker in
      let long = String(repeating: "x", count: 6_000)
      try await worker.connection { wire in
        switch kind {
        case "value": try await wire.send(.request(fields: ["X: \(long)"]))
        case "name": try await wire.send(.request(fields: ["\(long): x"]))
        case "target": try await wire.send(.request("GET", "/\(long)"))
        case "lines":
          try await wire.send(.request(fields: (1...60).map { "X-\($0): \(String(repeating: "y", count: 100))" }))
        case "count": try await wire.send(.request(fields: (1...300).map { "X\($0):" }))
        default:
          for _ in 1...40 where wire.end == nil { await wire.offer(Array(("X: " + long.prefix(200) + "\r\n").utf8)) }
        }
        if kind == "drip" {
          #expect(try await wire.answer().status / 100 == 4)
        } else {
          #expect(try await wire.answer().status == 431)
        }
        #expect(await wire.ended() == .closed)
      }
      #expect(worker.origin.bytesReceived == 0)
      #expect(try await worker.send(.request(fields: ["X: \(long.prefix(3_000))"])).status == 200)
    }
  }

  @Test("trailers have the same bound")
  func largeTrailers() async throws {
    try await ProxyWorker.run(flags: ["--limits-header-bytes", "4KiB"]) { worker in
      try await worker.connection { wire in
        try await wire.send(
          .request("POST", "/pay", fields: [Self.key, "Transfer-Encoding: chunked"]) + "2\r\n{}\r\n0\r\nX: "
            + String(repeating: "x", count: 6_000) + "\r\n\r\n")
        #expect(try await wire.answer().status == 431)
        await wire.ended()
      }
      #expect(worker.origin.bytesReceived == 0)
    }
  }

  @Test("no more connections than allowed, and as many again when some have gone")
  func connections() async throws {
    try await ProxyWorker.run(flags: ["--limits-connections", "2"]) { worker in
      for _ in 1...3 {
        let first = try await worker.open()
        let second = try await worker.open()
        for wire in [first, second] {
          try await wire.send(.request())
          #expect(try await wire.answer().status == 200)
        }
        let third = try await worker.open()
        await third.offer(Array(String.request().utf8))
        await third.ended()
        #expect(third.received.isEmpty)
        try await first.send(.request())
        #expect(try await first.answer().status == 200)
        // The worker has counted those as gone that it has said goodbye to.
        for wire in [first, second] {
          try await wire.send(.request(fields: ["Connection: close"]))
          #expect(try await wire.answer().status == 200)
          await wire.ended()
          await wire.close()
        }
        await third.close()
        var isServed = false
        while !isServed {
          let wire = try await worker.open()
          await wire.offer(Array(String.request(fields: ["Connection: close"]).utf8))
          isServed = (try? await wire.answer().status) == 200
          await wire.ended()
          await wire.close()
        }
      }
    }
  }
}

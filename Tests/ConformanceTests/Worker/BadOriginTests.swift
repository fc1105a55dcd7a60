import Testing
@testable import Harness

@Suite(
  "Bad origins: what they say is whole or is not passed on as whole, and poisons no other answer",
  .timeLimit(.minutes(10)))
struct BadOriginTests {
  static let tables: [(String, [BadAnswer])] = [
    ("framing", BadAnswer.framing), ("heads", BadAnswer.heads), ("interim", BadAnswer.interim),
    ("bodies", BadAnswer.bodies),
  ]

  /// Gives the bad answer that a request's `X-Bad` names, and every other request an answer with its own `X-Nonce`.
  static let script: RawOrigin.Script = { wire, _ in
    while let request = try await wire.request() {
      guard let name = request["X-Bad"], let answer = tables.flatMap(\.1).first(where: { $0.name == name }) else {
        try await wire.send(.answer(200, request["X-Nonce"] ?? ""))
        continue
      }
      await wire.offer(answer.bytes)
      switch answer.ending {
      case .waits: continue
      case .closes: return
      case .resets: return await wire.reset()
      }
    }
  }

  @Test("an unguarded request gets what is whole, 502, or a broken connection", arguments: tables.map(\.0))
  func unguarded(name: String) async throws {
    let table = try #require(Self.tables.first { $0.0 == name }?.1)
    try await ProxyWorker.run(script: Self.script) { worker in
      for bad in table {
        for method in ["GET", "POST"] {
          let wire = try await worker.open()
          // Behind it in one go: were the bad answer's rest taken for the next answer, the second would get it.
          try await wire.send(
            .request(method, "/free", fields: ["X-Bad: \(bad.name)", "Content-Length: 0"])
              + .request(method, "/free", fields: ["X-Nonce: second", "Content-Length: 0"]))
          let answer = try? await wire.answer()
          let comment: Comment = "\(bad.name), \(method): \(wire.text.prefix(200))"
          switch bad.outcome {
          case .nothing: #expect(answer?.status == 502, comment)
          case .half:
            #expect(answer == nil, comment)
            #expect(wire.end != nil, comment)
          case .good(let status, let body):
            #expect(answer?.status == status, comment)
            #expect(answer?.text == body, comment)
          }
          if answer != nil {
            let second = try await wire.answer()
            #expect(second.status == 200 && second.text == "second", comment)
            try await expectClean(wire, comment)
          }
          #expect(!wire.text.contains("EVIL"), comment)
          await wire.close()
          try await expectClean(worker, comment)
        }
      }
    }
  }

  @Test("a guarded request gets what is whole, or its outcome is not known", arguments: tables.map(\.0))
  func guarded(name: String) async throws {
    let table = try #require(Self.tables.first { $0.0 == name }?.1)
    try await ProxyWorker.run(script: Self.script) { worker in
      for bad in table {
        let comment: Comment = "\(bad.name)"
        let wire = try await worker.open()
        let call = String.guarded(fields: ["X-Bad: \(bad.name)"])
        try await wire.send(call + .guarded(fields: ["X-Nonce: one"]) + .request(fields: ["X-Nonce: two"]))
        let answer = try await wire.answer()
        switch bad.outcome {
        case .nothing, .half:
          #expect(answer.status == 502 && answer.label == "uncertain", comment)
          #expect(try await worker.send(call).status == 409, comment)
        case .good(let status, let body):
          #expect(answer.status == status && answer.label == "executed" && answer.text == body, comment)
          let replay = try await worker.send(call)
          #expect(replay.status == status && replay.label == "replayed" && replay.text == body, comment)
        }
        let one = try await wire.answer()
        #expect(one.label == "executed" && one.text == "one", comment)
        #expect(try await wire.answer().text == "two", comment)
        try await expectClean(wire, comment)
        #expect(!wire.text.contains("EVIL"), comment)
        await wire.close()
      }
    }
  }

  /// Expects that a connection serves on, each request with its own answer.
  func expectClean(_ wire: Wire, _ comment: Comment) async throws {
    for _ in 1...2 {
      let nonce = freshKey()
      try await wire.send(.request("GET", "/free", fields: ["X-Nonce: \(nonce)"]))
      let answer = try await wire.answer()
      #expect(answer.status == 200 && answer.text == nonce, comment)
    }
  }

  func expectClean(_ worker: ProxyWorker, _ comment: Comment) async throws {
    let nonce = freshKey()
    let answer = try await worker.send(.guarded(fields: ["X-Nonce: \(nonce)"]))
    #expect(answer.status == 200 && answer.text == nonce && answer.label == "executed", comment)
  }

  @Test("an answer that nobody asked for ends its connection and nothing else")
  func unsolicited() async throws {
    let isSent = Watched(0)
    try await ProxyWorker.run(script: { wire, _ in
      while let request = try await wire.request() {
        try await wire.send(.answer(200, request["X-Nonce"] ?? ""))
        guard request["X-More"] != nil else { continue }
        await wire.offer(Array(BadAnswer.evil.utf8))
        await wire.ended()
        isSent.update { $0 += 1 }
        return
      }
    }) { worker in
      try await worker.connection { wire in
        for number in 1...5 {
          try await wire.send(.request(fields: ["X-More: 1", "X-Nonce: first"]))
          #expect(try await wire.answer().text == "first")
          await isSent.wait { $0 == number }
          try await expectClean(wire, "after an unsolicited answer")
          try await expectClean(worker, "after an unsolicited answer")
        }
      }
    }
  }

  @Test("an answer before its request is whole is given, and the connection ends with it")
  func early() async throws {
    try await ProxyWorker.run(script: { wire, _ in
      try await wire.until("\r\n\r\n")
      try await wire.send(.answer(413, "too large"))
      await wire.ended()
    }) { worker in
      try await worker.connection { wire in
        try await wire.send(.request("POST", "/free", fields: ["Content-Length: 1000"]) + "half")
        let answer = try await wire.answer()
        #expect(answer.status == 413 && answer.text == "too large")
        #expect(answer["Connection"] == "close")
        await wire.offer([UInt8](repeating: 0x78, count: 996))
        #expect(await wire.ended() == .closed)
      }
    }
  }

  @Test("interim answers without end are no answer: 504")
  func interimFlood() async throws {
    try await ProxyWorker.run(
      flags: ["--origin-timeout", "300ms"],
      script: { wire, _ in
        _ = try await wire.request()
        while wire.end == nil {
          await wire.offer(Array("HTTP/1.1 102 Processing\r\n\r\n".utf8))
          try await Task.sleep(for: .milliseconds(10))
        }
      }
    ) { worker in
      #expect(try await worker.send(.request()).status == 504)
      let answer = try await worker.send(.guarded())
      #expect(answer.status == 504 && answer.label == "uncertain")
    }
  }
}

import Testing
@testable import Harness

@Suite("Worker: connections to the origin", .timeLimit(.minutes(10)))
struct ProxyOriginConnectionTests {
  @Test("one connection to the origin serves one request after the other")
  func reuse() async throws {
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        for number in 1...6 {
          try await wire.send(number % 2 == 0 ? .request() : .guarded())
          #expect(try await wire.answer().status == 200)
        }
      }
      #expect(worker.origin.connections.count == 1)
    }
  }

  @Test("a connection that the origin closes while it is idle is replaced without a trace", arguments: [false, true])
  func closedWhileIdle(isReset: Bool) async throws {
    let gate = Gate()
    let closed = Gate()
    try await ProxyWorker.run(script: { wire, number in
      while try await wire.request() != nil {
        try await wire.send(.answer())
        guard number == 1 else { continue }
        await gate.pass()
        if isReset { await wire.reset() } else { await wire.close() }
        closed.open()
      }
    }) { worker in
      try await worker.connection { wire in
        try await wire.send(.request())
        #expect(try await wire.answer().status == 200)
        // The worker wakes up to the end of that connection and the next request at once, in whatever order.
        try await worker.suspend()
        gate.open()
        await closed.pass()
        try await wire.send(.guarded())
        worker.resume()
        let answer = try await wire.answer()
        #expect(answer.status == 200 && answer.label == "executed", "\(answer.status) \(answer.text)")
      }
      #expect(try worker.origin.requests.map(\.target) == ["/free", "/pay"])
      #expect(worker.origin.connections.count == 2)
    }
  }

  @Test("an origin that closes after each answer, as it says, is connected to each time")
  func closingOrigin() async throws {
    try await ProxyWorker.run(script: { wire, _ in
      _ = try await wire.request()
      try await wire.send(.answer(fields: ["Connection: close"]))
    }) { worker in
      try await worker.connection { wire in
        for _ in 1...10 {
          try await wire.send(.guarded())
          let answer = try await wire.answer()
          #expect(answer.label == "executed")
          #expect(answer["Connection"] == nil)
        }
      }
      #expect(worker.origin.connections.count == 10)
    }
  }
}

import HTTPTypes
import Hummingbird
import Idempotency
import Testing

/// The middleware counts what it holds in its service's budget (rule W9).
@Suite(.timeLimit(.minutes(1))) struct HeldBytesTests {
  @Test("W9 Beyond the budget a guarded request gets 503 and nothing runs; when what runs has ended, there is room")
  func budget() async throws {
    let (started, gate) = (Event(), Event())
    try await LiveBench.run(
      heldBytes: 10_000,
      handler: { request, _ in
        if request.headers[.idempotencyKey] == "first" {
          started.happened()
          await gate.wait()
        }
        return Response(status: .created)
      }
    ) { bench in
      let first = try await bench.connect()
      try await first.send(key: "first", body: String(repeating: "a", count: 6_000))
      try await started.within()
      #expect(bench.service.held.bytes == 6_000)
      let second = try await bench.connect()
      try await second.send(key: "k", body: String(repeating: "b", count: 6_000))
      let refused = try await second.received { $0.contains("retryable") }
      #expect(refused.hasPrefix("HTTP/1.1 503 "), "\(refused)")
      #expect(
        refused.contains("/.well-known/idempotency#not-ready") && refused.contains("Retry-After: 1"), "\(refused)")
      #expect(try await bench.state() == nil)
      // Whoever fits in is served.
      let small = try await bench.connect().exchange(key: "small")
      #expect(small.hasPrefix("HTTP/1.1 201 "), "\(small)")
      gate.happened()
      let answer = try await first.received { $0.contains("\r\n\r\n") }
      #expect(answer.hasPrefix("HTTP/1.1 201 "), "\(answer)")
      try await eventually("all is given back") { bench.service.held.bytes == 0 }
      let again = try await bench.connect()
      try await again.send(key: "k", body: String(repeating: "b", count: 6_000))
      let done = try await again.received { $0.contains("\r\n\r\n") }
      #expect(done.hasPrefix("HTTP/1.1 201 "), "\(done)")
      try await eventually("all is given back") { bench.service.held.bytes == 0 }
    }
  }
}

extension HTTPField.Name {
  fileprivate static let idempotencyKey = Self("Idempotency-Key")!
}

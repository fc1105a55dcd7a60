import HTTPTypes
import Hummingbird
import Idempotency
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// Bodies that are delivered as they come (E16): their handler learns that nobody takes them any more.
@Suite(.serialized, .timeLimit(.minutes(2))) struct StreamedBodyTests {
  /// Why an answer is not kept.
  enum Kind: String, CaseIterable, Sendable {
    case tooLong, events, asked

    var headers: HTTPFields {
      switch self {
      case .tooLong: [:]
      case .events: [.contentType: "text/event-stream"]
      case .asked: [HTTPField.Name("Idempotency-Result")!: "stream"]
      }
    }
  }

  /// A body, and what became of it.
  final class Endless: Sendable {
    static let part = ByteBuffer(repeating: 0x78, count: 16_384)
    private let written = NIOLockedValueBox(0)
    let failed = Event()
    let over = Event()
    /// Ends a body that nothing else ends.
    let stop = Event()

    var count: Int { written.withLockedValue { $0 } }

    /// Writes until it is stopped; lets a write's error end it, or not.
    func write(_ writer: inout any ResponseBodyWriter, ignoresErrors: Bool = false) async throws {
      defer { over.happened() }
      while !stop.hasHappened {
        do {
          try await writer.write(Self.part)
        } catch {
          failed.happened()
          if !ignoresErrors { throw error }
        }
        written.withLockedValue { $0 += 1 }
      }
    }

    /// Waits until it writes no more, because nobody takes it.
    func stalls() async throws {
      var last = -1
      try await eventually("the body waits for its reader") {
        defer { last = count }
        if count == last, count > 0 { return true }
        try await Task.sleep(for: .milliseconds(150))
        return false
      }
    }
  }

  private static func small(_ policy: inout IdempotencyPolicy) { policy.limits.responseBody = 10_000 }

  private static func answer(_ kind: Kind, _ body: Endless, ignoresErrors: Bool = false) -> LiveBench.Handler {
    { _, _ in
      Response(
        status: .ok, headers: kind.headers,
        body: ResponseBody { try await body.write(&$0, ignoresErrors: ignoresErrors) })
    }
  }

  @Test(
    "X9 The client of a streamed answer leaves: the handler's next write throws, and the handler ends (E16)",
    arguments: Kind.allCases)
  func clientLeaves(_ kind: Kind) async throws {
    let body = Endless()
    defer { body.stop.happened() }
    try await LiveBench.run(Self.small, handler: Self.answer(kind, body)) { bench in
      let client = try await bench.connect()
      try await client.send()
      try await client.received { $0.utf8.count > 50_000 }
      #expect(!body.failed.hasHappened)
      await client.close()
      try await body.failed.within(.seconds(10), "a write throws")
      try await body.over.within()
      let state = try await bench.state()
      #expect(state == .notRetained)
    }
  }

  @Test(
    "X9 A handler that ignores that its writes fail keeps no core busy, and X11 no shutdown", arguments: Kind.allCases)
  func ignored(_ kind: Kind) async throws {
    let body = Endless()
    defer { body.stop.happened() }
    try await LiveBench.run(Self.small, handler: Self.answer(kind, body, ignoresErrors: true)) { bench in
      let client = try await bench.connect()
      try await client.send()
      try await client.received { $0.utf8.count > 50_000 }
      await client.close()
      try await body.failed.within(.seconds(10), "a write throws")
      let before = body.count
      try await Task.sleep(for: .milliseconds(500))
      #expect(body.count - before < 20, "\(body.count - before) writes in half a second")
      try await bench.shutDown(within: .seconds(10))
      #expect(!body.over.hasHappened)
    }
  }

  @Test(
    "X11 A client that does not read holds no shutdown longer than the drain time-out (E16)", arguments: Kind.allCases,
    [true, false])
  func unread(_ kind: Kind, ignoresErrors: Bool) async throws {
    let body = Endless()
    defer { body.stop.happened() }
    try await LiveBench.run(Self.small, handler: Self.answer(kind, body, ignoresErrors: ignoresErrors)) { bench in
      let client = try await bench.connect(reads: false)
      try await client.send()
      try await body.stalls()
      #expect(!body.failed.hasHappened)
      try await bench.shutDown(within: .seconds(10))
      try await body.failed.within()
      if !ignoresErrors { try await body.over.within() }
      await client.close()
    }
  }

  @Test(
    "X11 A client that reads an endless answer holds no shutdown longer than the drain time-out (E16)",
    arguments: Kind.allCases)
  func read(_ kind: Kind) async throws {
    let body = Endless()
    defer { body.stop.happened() }
    try await LiveBench.run(Self.small, handler: Self.answer(kind, body)) { bench in
      let client = try await bench.connect()
      try await client.send()
      try await client.received { $0.utf8.count > 50_000 }
      try await bench.shutDown(within: .seconds(10))
      try await body.over.within()
      try await client.received { _ in false }
    }
  }

  @Test("X11 The reader of a body whose handler writes no more ends, too (E16)", arguments: Kind.allCases)
  func silent(_ kind: Kind) async throws {
    let never = Event()
    defer { never.happened() }
    let handler: LiveBench.Handler = { _, _ in
      Response(
        status: .ok, headers: kind.headers,
        body: ResponseBody { writer in
          try await writer.write(Endless.part)
          await never.wait()
          try await writer.finish(nil)
        })
    }
    try await LiveBench.run(Self.small, handler: handler) { bench in
      let client = try await bench.connect()
      try await client.send()
      try await client.received { $0.utf8.count > 16_000 }
      try await bench.shutDown(within: .seconds(10))
      // The caller can tell that it is not whole.
      let text = try await client.received { _ in false }
      #expect(!text.hasSuffix("0\r\n\r\n"))
    }
  }

  @Test("X11 An answer that ends within the drain time-out is delivered whole (E16)", arguments: Kind.allCases)
  func ends(_ kind: Kind) async throws {
    let body = Endless()
    defer { body.stop.happened() }
    let goesOn = Event()
    let handler: LiveBench.Handler = { _, _ in
      Response(
        status: .ok, headers: kind.headers,
        body: ResponseBody { writer in
          try await writer.write(Endless.part)
          await goesOn.wait()
          try await writer.write(ByteBuffer(string: "the end"))
          try await writer.finish(nil)
        })
    }
    try await LiveBench.run(Self.small, drainTimeout: .seconds(60), handler: handler) { bench in
      let client = try await bench.connect()
      try await client.send()
      try await client.received { $0.utf8.count > 16_000 }
      async let ended: Void = bench.shutDown()
      try await Task.sleep(for: .milliseconds(100))
      goesOn.happened()
      try await ended
      // The server has written it; the client may not have read it yet.
      let text = try await client.received { _ in false }
      #expect(text.contains("the end"))
    }
  }

  @Test("A body that waits for its reader is released where another answer is given in its place (A6)")
  func replaced() async throws {
    let body = Endless()
    defer { body.stop.happened() }
    let handler: LiveBench.Handler = { _, _ in
      Response(status: .ok, headers: [.status: "failed"], body: ResponseBody { try await body.write(&$0) })
    }
    try await LiveBench.run(
      {
        Self.small(&$0)
        $0.execution.unknownOutcome = .store
      }, handler: handler
    ) { bench in
      let client = try await bench.connect()
      try await client.send()
      let text = try await client.received { $0.contains("origin-failed") }
      #expect(text.hasPrefix("HTTP/1.1 502"))
      try await body.failed.within(.seconds(10), "a write throws")
      try await body.over.within()
      await client.close()
    }
  }

  @Test(
    "Trailers of a guarded answer are dropped, as the worker does; others are given as they were (E20)",
    arguments: [10, 50_000], [Kind.tooLong, .events])
  func trailers(size: Int, _ kind: Kind) async throws {
    let handler: LiveBench.Handler = { _, _ in
      Response(
        status: .ok, headers: kind.headers,
        body: ResponseBody { writer in
          try await writer.write(ByteBuffer(repeating: 0x78, count: size))
          try await writer.finish([HTTPField.Name("X-Sum")!: "6"])
        })
    }
    try await LiveBench.run(Self.small, handler: handler) { bench in
      for (path, hasTrailers) in [("/guarded", false), ("/open", true)] {
        let client = try await bench.connect()
        try await client.send("POST", path)
        let isChunked = hasTrailers || size > 10_000 || kind == .events
        let text = try await client.received { text in
          isChunked ? text.contains("\r\n0\r\n") && text.hasSuffix("\r\n\r\n") : text.hasSuffix("xxxxx")
        }
        #expect(text.contains("X-Sum: 6") == hasTrailers, "\(path): \(text.suffix(100))")
        await client.close()
      }
    }
  }
}

import HTTPTypes
import HummingbirdTesting
import Idempotency
import Testing

/// The middleware with keys that stand in the body: what it does is known only when the body is.
@Suite(.timeLimit(.minutes(1))) struct KeySourceTests {
  private static func body(_ policy: inout IdempotencyPolicy) throws {
    policy.keySource = .body(try JSONPointer("/sig"))
    policy.limits.requestBody = 100
  }

  @Test("A key in the body guards; the handler gets the whole body, a retry the first answer (N4)")
  func guarded() async throws {
    try await MiddlewareBench.run(Self.body) { bench in
      try await bench.expect(#"201 executed: 1 {"sig":"a"}"#, of: #"{"sig":"a"}"#)
      try await bench.expect(#"201 replayed: 1 {"sig":"a"}"#, of: #"{"sig":"a"}"#)
      try await bench.expect(#"201 executed: 2 {"sig":"b"}"#, of: #"{"sig":"b"}"#)
      try await bench.expect(#"201 executed: 3 {"sig":"a"}"#, of: #"{"sig":"a"}"#, caller: "bob")
    }
  }

  @Test("A body without the key is forwarded whole, whoever calls, and its answer bears no field (A3, A5, A6, N4)")
  func absent() async throws {
    try await MiddlewareBench.run(Self.body) { bench in
      try await bench.expect(#"201 -: 1 {"x":1}"#, of: #"{"x":1}"#)
      try await bench.expect(#"201 -: 2 {"x":1}"#, of: #"{"x":1}"#, caller: nil)
      try await bench.expect(#"201 -: 3 {"x":1}"#, of: #"{"x":1}"#, [.key: "k"])
    }
  }

  @Test("What cannot be looked at, or has no caller, is refused, and the handler does not run (A5, K11, N4)")
  func refused() async throws {
    try await MiddlewareBench.run(Self.body) { bench in
      try await bench.expect("400 ", of: "{")
      try await bench.expect("400 ", of: #"{"sig":1}"#)
      try await bench.expect("401 ", of: #"{"sig":"a"}"#, caller: nil)
      try await bench.expect("413 ", of: #"{"sig":"\#(String(repeating: "a", count: 100))"}"#)
      #expect(bench.count == 0)
    }
  }

  @Test("Where the service does not run a request with a key is refused, one without is forwarded (X11)")
  func notRunning() async throws {
    try await MiddlewareBench.run(Self.body, isRunning: false) { bench in
      try await bench.expect("503 ", of: #"{"sig":"a"}"#)
      #expect(bench.count == 0)
      try await bench.expect("201 -: 1 {}", of: "{}")
    }
  }

  @Test("A duplicate waits and gets the first answer; with Prefer: wait=0 it does not wait (E18)")
  func waits() async throws {
    let (began, beginning) = AsyncStream.makeStream(of: Void.self)
    let (finish, finishSignal) = AsyncStream.makeStream(of: Void.self)
    try await MiddlewareBench.run(
      { $0.execution.onInProgress = .wait(upTo: .seconds(50)) },
      pause: .init {
        beginning.yield()
        for await _ in finish { return }
      }
    ) { bench in
      async let first = bench.post("{}", [.key: "k"])
      for await _ in began { break }
      let impatient = try await bench.post("{}", [.key: "k", .prefer: "wait=0"])
      #expect(impatient.status == .conflict)
      async let second = bench.post("{}", [.key: "k"])
      finishSignal.yield()
      let (executed, replayed) = (try await first, try await second)
      #expect(executed.summary == "201 executed: 1 {}")
      #expect(replayed.summary == "201 replayed: 1 {}")
    }
  }
}

import HTTPTypes
import Hummingbird
import Idempotency
import NIOCore
import Testing

/// What a handler's error says about its effect.
@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
  struct Broken: Error {}

  /// How a handler ends.
  enum Ending: String, CaseIterable, Sendable {
    case error, httpError, releasedStatus, response, releasedResponse, storeAway

    func end() throws -> Response {
      switch self {
      case .error: throw Broken()
      case .httpError: throw HTTPError(.badRequest)
      case .releasedStatus: throw HTTPError(.tooManyRequests)
      case .response: Response(status: .internalServerError)
      case .releasedResponse: Response(status: .requestTimeout)
      case .storeAway: throw OperationError.storeUnavailable(StoreFailure(.notSent, "away"))
      }
    }
  }

  @Test(
    "X11 Whatever error a cancelled handler ends with, its outcome is unknown: none is stored or released",
    arguments: Ending.allCases)
  func cancelled(_ ending: Ending) async throws {
    try await LiveBench.run(handler: { _, _ in
      withUnsafeCurrentTask { $0?.cancel() }
      return try ending.end()
    }) { bench in
      let text = try await bench.connect().exchange()
      #expect(text.hasPrefix("HTTP/1.1 502 "), "\(text)")
      #expect(text.contains("Idempotency-Status: uncertain"), "\(text)")
      let state = try await bench.state()
      #expect(state == .uncertain)
    }
  }

  @Test("X11 A cancelled handler that says what it did is believed: nothing, or all")
  func says() async throws {
    let endings: [(LiveBench.Handler, String, RecordState)] = [
      ({ _, _ in throw OperationNotStarted("nothing was done") }, "released", .free),
      (
        { _, _ in Response(status: .badRequest, headers: [HTTPField.Name("Idempotency-Result")!: "release"]) },
        "released",
        .free
      ),
      ({ _, _ in Response(status: .created) }, "executed", .completed),
    ]
    for (handler, label, state) in endings {
      try await LiveBench.run(handler: { request, context in
        withUnsafeCurrentTask { $0?.cancel() }
        return try await handler(request, context)
      }) { bench in
        let text = try await bench.connect().exchange()
        #expect(text.contains("Idempotency-Status: \(label)"), "\(text)")
        let found = try await bench.state()
        #expect(found == state)
      }
    }
  }

  static let operationErrors: [(OperationError, status: Int, problem: String)] = [
    (.storeUnavailable(StoreFailure(.notSent, "away")), 503, "store-unavailable"), (.notReady, 503, "not-ready"),
    (.inProgress, 409, "in-progress"), (.keyReused, 422, "key-reused"),
    (.resultNotRetained, 409, "response-not-retained"),
    (.recordUnreadable, 500, "record-unreadable"),
  ]

  @Test(
    "X4 An operation within the handler that was not executed, says its error, frees the key (E11)",
    arguments: operationErrors.indices)
  func notExecuted(_ index: Int) async throws {
    let (error, status, problem) = Self.operationErrors[index]
    try await LiveBench.run(handler: { _, _ in throw error }) { bench in
      let text = try await bench.connect().exchange()
      #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(text)")
      #expect(text.contains("Idempotency-Status: released"), "\(text)")
      #expect(text.contains("/.well-known/idempotency#\(problem)\""), "\(text)")
      #expect(
        text.contains("Retry-After: 1") == ([409, 503].contains(status) && problem != "response-not-retained"),
        "\(text)")
      #expect(!text.contains("Idempotency-Result"))
      let state = try await bench.state()
      #expect(state == .free)
    }
  }

  @Test("X10 An operation within the handler whose outcome is unknown leaves the request's unknown")
  func unknown() async throws {
    try await LiveBench.run(handler: { _, _ in throw OperationError.outcomeUnknown }) { bench in
      let text = try await bench.connect().exchange()
      #expect(text.hasPrefix("HTTP/1.1 502 ") && text.contains("Idempotency-Status: uncertain"), "\(text)")
      let state = try await bench.state()
      #expect(state == .uncertain)
    }
  }
}

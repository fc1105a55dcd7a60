import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// A service with the middleware before a handler that says which run it is and what body it got.
struct MiddlewareBench: Sendable {
  let client: any TestClientProtocol
  private let runs: NIOLockedValueBox<Int>

  /// What a run waits for before it answers.
  struct Pause: Sendable {
    var body: @Sendable () async -> Void = {}
  }

  /// How often the handler has run.
  var count: Int { runs.withLockedValue { $0 } }

  /// Runs the application while `body` runs.
  ///
  /// - Parameters:
  ///   - change: Changes the one policy, which guards `POST /intents/{id}`.
  ///   - isRunning: Whether the service runs that the middleware needs.
  ///   - pause: What every run waits for.
  ///   - body: The test.
  /// - Throws: What the test throws.
  static func run(
    _ change: (inout IdempotencyPolicy) throws -> Void, isRunning: Bool = true,
    pause: Pause = Pause(),
    _ body: @escaping @Sendable (MiddlewareBench) async throws -> Void
  ) async throws {
    var policy = try IdempotencyPolicy("intents", methods: ["POST"], path: "/intents/{id}")
    try change(&policy)
    let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let service = IdempotencyService(store: MemoryStore(), logger: quiet)
    let runs = NIOLockedValueBox(0)
    let router = Router()
    router.add(
      middleware: IdempotencyMiddleware(
        service: service, policies: try PolicySet([policy]), principal: try .headers(["x-api-key"])))
    router.post("intents/:id") { request, _ in
      let number = runs.withLockedValue { runs in
        runs += 1
        return runs
      }
      let body = try await request.body.collect(upTo: 1 << 20)
      await pause.body()
      var response = Response(status: .created, body: .init(byteBuffer: ByteBuffer(string: "\(number) ") + body))
      response.headers[.status] = "executed"
      return response
    }
    var application = Application(router: router, logger: quiet)
    if isRunning { application.addServices(service) }
    try await application.test(.router) { client in
      while isRunning, !service.isAccepting { await Task.yield() }
      try await body(MiddlewareBench(client: client, runs: runs))
    }
  }

  /// Sends a request; a nil caller sends no `x-api-key`.
  func post(_ body: String, caller: String? = "alice", _ fields: HTTPFields = [:]) async throws -> TestResponse {
    var fields = fields
    if let caller { fields[.caller] = caller }
    return try await client.execute(
      uri: "/intents/i1", method: .post, headers: fields, body: ByteBuffer(string: body))
  }
}

extension MiddlewareBench {
  /// Sends a request and expects an answer whose summary begins so.
  func expect(
    _ beginning: String, of body: String, caller: String? = "alice", _ fields: HTTPFields = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let summary = try await post(body, caller: caller, fields).summary
    #expect(summary.hasPrefix(beginning), "\(summary)", sourceLocation: sourceLocation)
  }
}

extension ByteBuffer {
  fileprivate static func + (left: ByteBuffer, right: ByteBuffer) -> ByteBuffer {
    var joined = left
    joined.writeImmutableBuffer(right)
    return joined
  }
}

extension TestResponse {
  /// Status, `Idempotency-Status` and body, such as `201 executed: 1 {}`.
  var summary: String {
    "\(status.code) \(headers[.status] ?? "-"): \(String(buffer: body))"
  }
}

extension HTTPField.Name {
  // The names are tokens (RFC 9110 section 5.1), so none of these is nil.
  static let caller = Self("x-api-key")!
  static let key = Self("idempotency-key")!
  static let status = Self("idempotency-status")!
  static let prefer = Self("prefer")!
}

import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import IdempotencyTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// A middleware behind a middleware, and what a guarded handler has of its request's task.
@Suite(.timeLimit(.minutes(1))) struct NestedTests {
  @TaskLocal static var trace: String?

  /// Sets a task-local for all that is behind it, as a tracing middleware does.
  struct Tracing: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
      _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
      try await NestedTests.$trace.withValue(request.headers[.trace]) { try await next(request, context) }
    }
  }

  /// An application whose router a test puts together.
  struct Bench: Sendable {
    let client: any TestClientProtocol
    let log: LogLines

    func post(_ path: String = "/pay", key: String = "k", trace: String = "t", _ fields: HTTPFields = [:]) async throws
      -> TestResponse
    {
      var headers = fields
      headers[.key] = key
      headers[.trace] = trace
      return try await client.execute(uri: path, method: .post, headers: headers)
    }

    /// Sends a request and expects an answer whose summary begins so.
    func expect(
      _ beginning: String, key: String = "k", trace: String = "t", _ fields: HTTPFields = [:],
      sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      let summary = try await post(key: key, trace: trace, fields).summary
      #expect(summary.hasPrefix(beginning), "\(summary)", sourceLocation: sourceLocation)
    }
  }

  private func run(
    services: [IdempotencyService], _ build: (Router<BasicRequestContext>) throws -> Void,
    _ body: @escaping @Sendable (Bench) async throws -> Void
  ) async throws {
    let router = Router()
    router.add(middleware: Tracing())
    try build(router)
    let log = LogLines(level: .notice)
    var application = Application(router: router, logger: log.logger)
    for service in services { application.addServices(service) }
    try await application.test(.router) { client in
      while !services.allSatisfy(\.isAccepting) { await Task.yield() }
      try await body(Bench(client: client, log: log))
    }
  }

  private static var quiet: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }

  private static func service(_ store: MemoryStore = MemoryStore()) -> IdempotencyService {
    IdempotencyService(store: store, logger: quiet)
  }

  private static func guarding(
    _ service: IdempotencyService, _ change: (inout IdempotencyPolicy) throws -> Void = { _ in }
  ) throws -> IdempotencyMiddleware<BasicRequestContext> {
    var policy = try IdempotencyPolicy("pay", methods: ["POST"], path: "/pay")
    try change(&policy)
    return IdempotencyMiddleware(service: service, policies: try PolicySet([policy]), principal: .shared)
  }

  private static func answer(_ request: Request, _ runs: NIOLockedValueBox<Int>) -> Response {
    let run = runs.withLockedValue { runs in
      runs += 1
      return runs
    }
    let attempt = request.headers[HTTPField.Name("Idempotency-Attempt")!] ?? "-"
    return Response(status: .created, body: .init(byteBuffer: ByteBuffer(string: "run \(run), attempt \(attempt)")))
  }

  @Test(
    "E1 Mounted twice, on the router and on a group, it guards once: the inner one lets its own request pass, and says so once"
  )
  func twice() async throws {
    let service = Self.service()
    let runs = NIOLockedValueBox(0)
    try await run(services: [service]) { router in
      router.add(middleware: try Self.guarding(service))
      router.group().add(middleware: try Self.guarding(service)).post("pay") { request, _ in Self.answer(request, runs)
      }
    } _: { bench in
      for key in ["a", "b"] {
        try await bench.expect("201 executed: run", key: key)
        try await bench.expect("201 replayed: run", key: key)
      }
      #expect(runs.withLockedValue { $0 } == 2)
      try await bench.expect("201 executed: run 3, attempt 1", key: "c")
      #expect(bench.log.lines.count { $0.contains("guarded already") } == 1)
    }
  }

  @Test("E1 Two services over one store are one to it, also where a duplicate would wait (E18)")
  func twoServices() async throws {
    let store = MemoryStore()
    let services = [Self.service(store), Self.service(store)]
    let runs = NIOLockedValueBox(0)
    try await run(services: services) { router in
      for service in services {
        router.add(middleware: try Self.guarding(service) { $0.execution.onInProgress = .wait(upTo: .seconds(40)) })
      }
      router.post("pay") { request, _ in Self.answer(request, runs) }
    } _: { bench in
      try await bench.expect("201 executed: run 1, attempt 1")
      try await bench.expect("201 replayed: run 1, attempt 1")
    }
  }

  @Test("An inner middleware with another keyspace, or another store, guards under its own key")
  func otherKeyspace() async throws {
    let (first, second) = (MemoryStore(), MemoryStore())
    for (store, keyspace) in [(first, "inner"), (second, "pay")] {
      let services = [Self.service(first), Self.service(store)]
      let runs = NIOLockedValueBox(0)
      try await run(services: services) { router in
        router.add(middleware: try Self.guarding(services[0]) { $0.keyspace = keyspace == "inner" ? "outer" : "pay" })
        router.add(middleware: try Self.guarding(services[1]) { $0.keyspace = keyspace })
        router.post("pay") { request, _ in Self.answer(request, runs) }
      } _: { bench in
        try await bench.expect("201 executed: run 1, attempt 1")
        let key = try RecordKey(keyspace: keyspace, key: try IdempotencyKey("k"))
        guard case .record(let record) = try await store.perform(.read, for: key) else {
          Issue.record("the inner middleware keeps no record")
          return
        }
        #expect(record.head.state == .completed)
      }
    }
  }

  @Test(
    "What a handler says to its layer passes an inner middleware, whether it guards the route or not (A6)",
    arguments: ["/pay", "/other"])
  func result(innerPath: String) async throws {
    let service = Self.service()
    try await run(services: [service]) { router in
      router.add(middleware: try Self.guarding(service))
      router.add(middleware: try Self.guarding(service) { $0.path = try PathPattern(innerPath) })
      router.post("pay") { request, _ in
        var response = Self.answer(request, NIOLockedValueBox(0))
        response.headers[HTTPField.Name("Idempotency-Result")!] = "release"
        return response
      }
    } _: { bench in
      try await bench.expect("201 released: run 1, attempt 1")
      try await bench.expect("201 released: run 1, attempt 2")
    }
  }

  @Test("E1 What a handler leaves running is no longer its request: later requests from there are guarded")
  func leftRunning() async throws {
    let service = Self.service()
    let runs = NIOLockedValueBox(0)
    let (orders, order) = AsyncStream.makeStream(of: Void.self)
    let summary = NIOLockedValueBox<String?>(nil)
    let inner = Router()
    inner.add(middleware: try Self.guarding(service))
    inner.post("pay") { request, _ in Self.answer(request, runs) }
    let innerApplication = Application(router: inner, logger: Self.quiet)
    try await run(services: [service]) { router in
      router.add(middleware: try Self.guarding(service))
      router.post("pay") { request, _ in
        // As a handler that starts a background task which others then use, too.
        Task {
          for await _ in orders { break }
          try await innerApplication.test(.router) { client in
            let response = try await client.execute(uri: "/pay", method: .post, headers: [.key: "k"])
            summary.withLockedValue { $0 = response.summary }
          }
        }
        return Self.answer(request, runs)
      }
    } _: { bench in
      try await bench.expect("201 executed: run 1, attempt 1")
      order.yield()
      try await eventually("the background task has its answer") { summary.withLockedValue { $0 != nil } }
      #expect(summary.withLockedValue { $0 } == "201 replayed: run 1, attempt 1")
    }
  }

  @Test("A guarded handler has the task-locals of the middleware before it, its body's closure too")
  func taskLocals() async throws {
    let service = Self.service()
    try await run(services: [service]) { router in
      router.add(middleware: try Self.guarding(service) { $0.limits.responseBody = 5 })
      router.post("pay") { request, _ in
        let here = Self.trace ?? "-"
        let length = request.headers[.prefer].flatMap { Int($0) }
        return Response(
          status: .created,
          body: ResponseBody(contentLength: length) { writer in
            try await writer.write(ByteBuffer(string: "\(here)\(Self.trace ?? "-")"))
            try await writer.finish(nil)
          })
      }
    } _: { bench in
      try await bench.expect("201 executed: xx", key: "a", trace: "x", [.prefer: "2"])
      try await bench.expect("201 executed: yy", key: "b", trace: "y")
      try await bench.expect("201 executed: longerlonger", key: "c", trace: "longer")
      try await bench.expect("201 replayed: xx", key: "a", trace: "z")
    }
  }

  @Test("A request that waited for another, and then runs itself, has its own task-locals (E18)")
  func taskLocalsAfterWaiting() async throws {
    let service = Self.service()
    let (began, beginning) = AsyncStream.makeStream(of: Void.self)
    let (finish, finishing) = AsyncStream.makeStream(of: Void.self)
    try await run(services: [service]) { router in
      router.add(middleware: try Self.guarding(service) { $0.execution.onInProgress = .wait(upTo: .seconds(40)) })
      router.post("pay") { request, _ in
        if Self.trace == "first" {
          beginning.yield()
          for await _ in finish { break }
          throw OperationNotStarted("the first does nothing")
        }
        return Response(status: .created, body: .init(byteBuffer: ByteBuffer(string: Self.trace ?? "-")))
      }
    } _: { bench in
      async let first = bench.post(trace: "first")
      for await _ in began { break }
      async let second = bench.post(trace: "second")
      try await Task.sleep(for: .milliseconds(100))
      finishing.yield()
      let summaries = try await (first.summary, second.summary)
      #expect(summaries.0.hasPrefix("502 released"))
      #expect(summaries.1 == "201 executed: second")
    }
  }
}

extension HTTPField.Name {
  fileprivate static let trace = Self("x-trace")!
}

import Hummingbird
import HummingbirdIdempotency
import Idempotency
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

/// A server on a port of its own, with the middleware before one handler, and connections to it byte for byte.
struct LiveBench: Sendable {
  typealias Handler = @Sendable (Request, BasicRequestContext) async throws -> Response

  let port: Int
  let store: MemoryStore
  let service: IdempotencyService
  private let group: ServiceGroup
  private let ended: Event

  /// Runs the server while `body` runs, then shuts it down and waits until it has ended.
  ///
  /// - Parameters:
  ///   - change: Changes the one policy, which guards `POST /guarded`; `/open` has the same handler and no policy.
  ///   - drainTimeout: How long running operations, and answers on their way, are waited for on shutdown.
  ///   - heldBytes: How many bytes of requests the service may hold.
  ///   - handler: The handler.
  ///   - body: The test.
  /// - Throws: What the test throws.
  static func run(
    _ change: (inout IdempotencyPolicy) throws -> Void = { _ in }, drainTimeout: Duration = .milliseconds(500),
    heldBytes: Int = 1 << 20, handler: @escaping Handler, _ body: (LiveBench) async throws -> Void
  ) async throws {
    var policy = try IdempotencyPolicy("guarded", methods: ["POST", "HEAD"], path: "/guarded")
    try change(&policy)
    let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    var limits = IdempotencyService.Limits()
    limits.drainTimeout = drainTimeout
    limits.heldBytes = heldBytes
    let store = MemoryStore()
    let service = IdempotencyService(store: store, limits: limits, logger: quiet)
    let router = Router(options: .init())
    router.add(
      middleware: IdempotencyMiddleware(service: service, policies: try PolicySet([policy]), principal: .shared))
    for path in ["guarded", "open"] as [RouterPath] {
      router.post(path, use: handler)
      router.on(path, method: .head, use: handler)
    }
    let bound = NIOLockedValueBox(0)
    let listening = Event()
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        bound.withLockedValue { $0 = channel.localAddress?.port ?? 0 }
        listening.happened()
      }, logger: quiet)
    let group = ServiceGroup(services: [service, application], logger: quiet)
    let ended = Event()
    let run = Task {
      defer { ended.happened() }
      try await group.run()
    }
    try await listening.within()
    while !service.isAccepting { await Task.yield() }
    let bench = LiveBench(
      port: bound.withLockedValue { $0 }, store: store, service: service, group: group, ended: ended)
    do {
      try await body(bench)
      try await bench.shutDown()
    } catch {
      run.cancel()
      throw error
    }
    try await run.value
  }

  /// Asks the server and the service to stop, and waits until both have.
  func shutDown(within limit: Duration = .seconds(15), sourceLocation: SourceLocation = #_sourceLocation) async throws {
    await group.triggerGracefulShutdown()
    try await ended.within(limit, "the server ends", sourceLocation: sourceLocation)
  }

  func connect(reads: Bool = true) async throws -> LiveConnection {
    try await LiveConnection.open(port: port, reads: reads)
  }

  /// The state of the one key that tests use.
  func state(of key: String = "k") async throws -> RecordState? {
    guard
      case .record(let record) = try await store.perform(.read, for: RecordKey(keyspace: "guarded", key: .init(key)))
    else { return nil }
    return record.head.state
  }
}

/// A connection that sends bytes, and keeps what comes back.
final class LiveConnection: Sendable {
  private let channel: any Channel
  private let state: NIOLockedValueBox<(text: String, isClosed: Bool)>
  private let changed: Event

  private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let state = NIOLockedValueBox((text: "", isClosed: false))

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let text = String(buffer: Self.unwrapInboundIn(data))
      state.withLockedValue { $0.text += text }
    }

    func channelInactive(context: ChannelHandlerContext) {
      state.withLockedValue { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  private init(_ channel: any Channel, _ collector: Collector) {
    self.channel = channel
    self.state = collector.state
    changed = Event()
  }

  static func open(port: Int, reads: Bool) async throws -> LiveConnection {
    let collector = Collector()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: reads)
      // Small, so that a server that is not read from soon waits.
      .channelOption(.socketOption(.so_rcvbuf), value: 4096)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(collector) }
      }
      .connect(host: "127.0.0.1", port: port).get()
    return LiveConnection(channel, collector)
  }

  func send(
    _ method: String = "POST", _ path: String = "/guarded", key: String? = "k", body: String = ""
  ) async throws {
    let field = key.map { "Idempotency-Key: \($0)\r\n" } ?? ""
    let text =
      "\(method) \(path) HTTP/1.1\r\nHost: h\r\n\(field)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    try await channel.writeAndFlush(ByteBuffer(string: text)).get()
  }

  var text: String { state.withLockedValue { $0.text } }
  var isClosed: Bool { state.withLockedValue { $0.isClosed } }

  /// Waits until what has come ends so, or the connection is closed.
  @discardableResult
  func received(_ holds: (String) -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    try await eventually("bytes come", sourceLocation: sourceLocation) { isClosed || holds(text) }
    return text
  }

  /// Sends a request, then one to `/end` behind it, and gives what stands before the second's answer.
  ///
  /// An answer that is longer or shorter than it says swallows the second one's, or stands in its place.
  func exchange(_ method: String = "POST", key: String = "k") async throws -> String {
    try await send(method, key: key)
    try await send("POST", "/end", key: nil)
    let end = "HTTP/1.1 404 Not Found\r\n"
    let text = try await received { $0.components(end).count > 1 }
    let parts = text.components(end)
    guard parts.count == 2 else { return "swallowed: \(text)" }
    return parts[0]
  }

  func close() async { try? await channel.close().get() }
}

extension String {
  /// What stands between the occurrences of a text.
  fileprivate func components(_ separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}

/// Something that happens once, and is waited for, for a bounded time.
final class Event: Sendable {
  private let state = NIOLockedValueBox(false)

  var hasHappened: Bool { state.withLockedValue { $0 } }

  func happened() { state.withLockedValue { $0 = true } }

  /// Waits without a bound, and whether its task is cancelled or not.
  func wait() async {
    while !hasHappened { await Task { try? await Task.sleep(for: .milliseconds(2)) }.value }
  }

  /// Waits until it has happened.
  func within(
    _ limit: Duration = .seconds(15), _ what: String = "it happens", sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await eventually(what, within: limit, sourceLocation: sourceLocation) { hasHappened }
  }
}

struct NotInTime: Error {}

/// Waits until something holds; a test fails where that takes longer than the limit.
func eventually(
  _ what: String, within limit: Duration = .seconds(15), sourceLocation: SourceLocation = #_sourceLocation,
  _ holds: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try await !holds() {
    if ContinuousClock.now > deadline {
      Issue.record("not within \(limit): \(what)", sourceLocation: sourceLocation)
      throw NotInTime()
    }
    try await Task.sleep(for: .milliseconds(2))
  }
}

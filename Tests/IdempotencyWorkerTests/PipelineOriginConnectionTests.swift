import NIOCore
import NIOEmbedded
import Testing

@testable import IdempotencyWorker

@Suite("One connection to the origin: what is known of a request that got no answer")
struct PipelineOriginConnectionTests {
  /// Keeps what it is told.
  final class Receiver: OriginReceiver {
    var failures: [OriginFailure] = []
    var statuses: [Int] = []

    func originAnswered(_ head: AnswerHead) { statuses.append(head.status) }
    func originSent(_ bytes: ByteBuffer) {}
    func originEnded(_ trailers: FieldLines?) {}
    func originFailed(_ failure: OriginFailure) { failures.append(failure) }
    func originReadComplete() {}
    func originTakesMore() {}

    var kinds: [String] { failures.map(\.kind) }
  }

  /// A connection on a channel that goes nowhere.
  struct Bench {
    let channel = EmbeddedChannel()
    let connection: OriginConnection
    let receiver = Receiver()
    // The connection does not keep it.
    private let pool: OriginPool

    init() throws {
      let settings = DataPlaneSettings(
        workerID: "w", scheme: "http", headerTimeout: .seconds(1), bodyTimeout: .seconds(1), idleTimeout: .seconds(1),
        headerBytes: 32_768, trustedProxies: [], origin: .unknown, originTLS: nil, originTimeout: .seconds(1),
        originConnections: 1, originConnectionsPerCaller: 1, originIdle: .seconds(1), originConnectTimeout: .seconds(1))
      pool = OriginPool(
        eventLoop: channel.eventLoop, settings: settings,
        metrics: WorkerMetrics(registry: PrometheusRegistry(), version: "0"),
        flushes: FlushQueue(eventLoop: channel.eventLoop))
      connection = OriginConnection(pool: pool, limits: settings.answerLimits)
      try channel.pipeline.syncOperations.addHandler(connection)
      channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    /// Writes a request, which goes out at the end of the tick; the bench's receiver gets the answer if no other does.
    func send(to other: Receiver? = nil) {
      guard let head = try? RequestHead.reading(["Host": "a"]) else { return }
      let client = ClientAddress(nil, scheme: "http", trusted: [])
      connection.send(
        OriginRequest(head: head, withheld: [], client: client, framing: .none, attempt: 1), body: ByteBuffer(),
        isComplete: true, to: other ?? receiver)
      connection.flush()
    }

    func endTick() { channel.embeddedEventLoop.run() }

    func say(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }
  }

  @Test("X10 closed before the request was written: nothing was sent")
  func closedBefore() throws {
    let bench = try Bench()
    bench.send()
    _ = try bench.channel.finish(acceptAlreadyClosed: true)
    #expect(bench.receiver.kinds == ["not-reached"])
    #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == nil)
  }

  @Test("X10 closed when the request was written: nobody knows")
  func closedAfter() throws {
    let bench = try Bench()
    bench.send()
    bench.endTick()
    #expect(try bench.channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0).prefix(5) } == "POST ")
    _ = try bench.channel.finish(acceptAlreadyClosed: true)
    #expect(bench.receiver.kinds == ["lost"])
  }

  @Test("what the origin says before the request was written is no answer to it")
  func earlyAnswer() throws {
    let bench = try Bench()
    bench.send()
    try bench.say("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    #expect(bench.receiver.kinds == ["not-reached"] && bench.receiver.statuses.isEmpty)
    #expect(!bench.connection.isActive)
    bench.endTick()
    #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == nil)
  }

  @Test("an answer to what was written")
  func answer() throws {
    let bench = try Bench()
    bench.send()
    bench.endTick()
    try bench.say("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    #expect(bench.receiver.kinds.isEmpty && bench.receiver.statuses == [201])
    #expect(bench.connection.isIdle && bench.connection.isReused)
    _ = try bench.channel.finish(acceptAlreadyClosed: true)
  }

  /// How nobody comes to wait for an answer any more.
  enum End: CaseIterable {
    case answered, closed, abandoned
  }

  @Test("who waits for an answer is held until none is to come, and no longer", arguments: End.allCases)
  func letsGo(_ end: End) throws {
    let bench = try Bench()
    weak var held: Receiver?
    do {
      let receiver = Receiver()
      held = receiver
      bench.send(to: receiver)
    }
    bench.endTick()
    #expect(held != nil)
    switch end {
    case .answered: try bench.say("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    case .closed: _ = try bench.channel.finish(acceptAlreadyClosed: true)
    case .abandoned: bench.connection.abandon()
    }
    #expect(held == nil)
    _ = try? bench.channel.finish(acceptAlreadyClosed: true)
  }
}

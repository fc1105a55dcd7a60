import NIOCore
import NIOPosix

/// Sends requests over HTTP/1.1 from one event loop, and measures the answers.
///
/// By hand: it asks at a fixed rate without coordinated omission, takes several servers in turn, and counts answers by
/// what they say, which no load tool that is at hand does together.
struct LoadGenerator: Sendable {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  /// Runs one turn.
  ///
  /// - Parameters:
  ///   - plan: Whom to ask, and how.
  ///   - traffic: Makes what is asked; called on the event loop alone.
  /// - Returns: What was found. Requests that got no answer are among it.
  /// - Throws: ``BenchmarkError`` where a server does not take a connection.
  func run(_ plan: LoadPlan, _ traffic: @escaping @Sendable () -> any Traffic) async throws -> LoadResult {
    let loop = group.any()
    // All are connected before the first request: nobody's answer waits for another's handshake.
    let channels = try await connect(plan, on: loop)
    let done = loop.makePromise(of: LoadResult.self)
    loop.execute {
      let begin = NIODeadline.now()
      let turn = LoadTurn(plan, traffic: traffic(), begin: begin, done: done)
      var connections: [LoadConnection] = []
      let interval = plan.rate.map { TimeAmount.nanoseconds(Int64(Double(plan.connections) / $0 * 1e9)) }
      for (number, channel) in channels.enumerated() {
        let offset = plan.rate.map { TimeAmount.nanoseconds(Int64(Double(number) / $0 * 1e9)) } ?? .zero
        let connection = LoadConnection(turn, interval: interval, first: begin + offset)
        do {
          try channel.pipeline.syncOperations.addHandler(connection)
          connections.append(connection)
        } catch {
          turn.failed("\(error)")
          turn.ended()
        }
      }
      if plan.rate != nil { Self.tick(connections, turn, on: loop.assumeIsolated()) }
    }
    let limit = plan.duration.map { TimeAmount($0) + LoadPlan.patience } ?? LoadPlan.limit
    let end = loop.scheduleTask(in: limit) { for channel in channels { channel.close(promise: nil) } }
    defer { end.cancel() }
    return try await done.futureResult.get()
  }

  func shutDown() async throws {
    try await group.shutdownGracefully()
  }

  /// Has connections send what has become due, now and at every tick until the turn is over.
  ///
  /// One clock for all of them: a timer for each request would take more of a processor, which servers and generator
  /// share, than the request itself.
  private static func tick(_ connections: [LoadConnection], _ turn: LoadTurn, on loop: NIOIsolatedEventLoop) {
    for connection in connections { connection.clockTicked() }
    guard !turn.isOver else { return }
    loop.scheduleTask(in: LoadPlan.tick) { tick(connections, turn, on: loop) }
  }

  private func connect(_ plan: LoadPlan, on loop: any EventLoop) async throws -> [any Channel] {
    let bootstrap = ClientBootstrap(group: loop)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      // An answer is one read; a second one that finds nothing would cost a system call.
      .channelOption(.maxMessagesPerRead, value: 1)
      .connectTimeout(.seconds(10))
    var channels: [any Channel] = []
    for number in 0..<plan.connections {
      let port = plan.ports[number % plan.ports.count]
      do {
        channels.append(try await bootstrap.connect(host: "127.0.0.1", port: port).get())
      } catch {
        for channel in channels { channel.close(promise: nil) }
        throw BenchmarkError("port \(port) takes no connection: \(error)")
      }
    }
    return channels
  }
}

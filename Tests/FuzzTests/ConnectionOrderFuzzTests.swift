import IdempotencyTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import HiredisNIO

@Suite(
  "Connection: whatever times out, is given up, cut off or sent again, each reply goes to its own command",
  .serialized, .timeLimit(.minutes(2)))
struct ConnectionOrderFuzzTests {
  private static let script = RedisScript(name: "echo", source: "return ARGV[1]")

  /// What became of one command.
  private enum End: Hashable { case answered, another, timedOut, givenUp, lost }

  @Test("Echoes in any order of time-outs, cancellations, unknown scripts and lost connections", arguments: 1...12)
  func echoes(seed: Int) async throws {
    var random = SeededRandom(seed: UInt64(seed))
    let server = try await HesitantServer.start(seed: random.next())
    var configuration = RedisConfiguration(address: .tcp(host: "127.0.0.1", port: server.port))
    configuration.reconnectBackoff = ReconnectBackoff(initial: .milliseconds(1), maximum: .milliseconds(10))
    let client = RedisClient(
      configuration: configuration, eventLoopGroup: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await client.waitUntilConnected()
    var ends: [End: Int] = [:]
    // A busy machine may lose all of a round, or time none of it out.
    for _ in 1...10 where Self.expected.contains(where: { ends[$0] == nil }) {
      try await Self.round(client, &random, &ends)
    }
    #expect(ends[.another] == nil)
    // Else nothing was tried.
    for end in Self.expected { #expect(ends[end] ?? 0 > 0, "\(end)") }
    await client.shutdown()
    await server.stop()
  }

  private static let expected = [End.answered, .timedOut, .givenUp, .lost]

  /// Sends 600 commands and counts what becomes of them.
  private static func round(
    _ client: RedisClient, _ random: inout SeededRandom, _ ends: inout [End: Int]
  ) async throws {
    try await withThrowingTaskGroup(of: End.self) { group in
      for number in 0..<600 {
        // Long enough to be answered as a rule, or so short that hardly any is.
        let timeout = TimeAmount.milliseconds(random.chance(70) ? 20_000 : Int64(random.below(12)))
        let patience = random.chance(15) ? Duration.microseconds(random.below(8_000)) : nil
        let isScript = random.chance(40)
        group.addTask {
          let command = Task { try await Self.echo("\(number)", by: client, isScript: isScript, within: timeout) }
          if let patience {
            try await Task.sleep(for: patience)
            command.cancel()
          }
          return Self.end(of: await command.result, "\(number)")
        }
        if random.chance(20) { try await Task.sleep(for: .microseconds(random.below(3_000))) }
      }
      for try await end in group { ends[end, default: 0] += 1 }
    }
  }

  private static func echo(
    _ text: String, by client: RedisClient, isScript: Bool, within timeout: TimeAmount
  ) async throws(RedisError) -> RESPValue {
    if isScript {
      return try await client.evaluate(script, key: "k", argumentCount: 1, timeout: timeout) { $0.bulk(text) }
    }
    return try await client.send(timeout: timeout) { writer in
      writer.begin("ECHO", argumentCount: 1)
      writer.bulk(text)
    }
  }

  private static func end(of result: Result<RESPValue, any Error>, _ text: String) -> End {
    switch result {
    case .success(let value): value.string == text ? .answered : .another
    case .failure(let error as RedisError) where error.code == .timeout: .timedOut
    case .failure(let error as RedisError) where error.code == .cancelled: .givenUp
    case .failure: .lost
    }
  }
}

/// A server that echoes in order and takes its time, does not know every script, and hangs up now and then, perhaps in
/// the middle of a reply.
private final class HesitantServer: Sendable {
  let port: Int
  private let channel: any Channel

  static func start(seed: UInt64) async throws -> HesitantServer {
    let random = NIOLockedValueBox(SeededRandom(seed: seed))
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let handler = Handler(SeededRandom(seed: random.withLockedValue { $0.next() }))
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return HesitantServer(channel)
  }

  private init(_ channel: any Channel) {
    self.channel = channel
    port = channel.localAddress?.port ?? 0
  }

  func stop() async { try? await channel.close() }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let reader = RESPReader(limits: RESPLimits())
    private var random: SeededRandom
    private var replies: [String] = []
    private var isPausing = false

    init(_ random: SeededRandom) { self.random = random }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      while let command = try? reader.next(from: &bytes) {
        let words = command.array?.compactMap(\.string) ?? []
        switch words.first {
        case "PING": replies.append("+PONG\r\n")
        case "EVALSHA" where random.chance(50): replies.append("-NOSCRIPT No matching script.\r\n")
        default:
          let text = words.last ?? ""
          replies.append("$\(text.utf8.count)\r\n\(text)\r\n")
        }
      }
      reply(context)
    }

    private func reply(_ context: ChannelHandlerContext) {
      while !isPausing, !replies.isEmpty {
        let reply = replies.removeFirst()
        if random.chance(1) {
          context.writeAndFlush(
            NIOAny(ByteBuffer(string: String(reply.prefix(random.below(reply.count + 1))))), promise: nil)
          return context.close(promise: nil)
        }
        context.writeAndFlush(NIOAny(ByteBuffer(string: reply)), promise: nil)
        guard random.chance(10) else { continue }
        isPausing = true
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(random.below(20)))) {
          self.isPausing = false
          if context.channel.isActive { self.reply(context) }
        }
      }
    }
  }
}

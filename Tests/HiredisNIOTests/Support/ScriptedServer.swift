import NIOCore
import NIOPosix

/// A server that says what a test wants, to a client that takes it for Redis.
///
/// It answers the `PING` with which every connection begins with a greeting; after that, each time something arrives, with the next of
/// its answers, and closes the connection behind the last of them if it is told to.
final class ScriptedServer: Sendable {
  let port: Int
  /// Each connection that was made to it.
  let accepted: Recorder<Void>
  private let channel: any Channel

  static func start(
    _ answers: [String], greeting: String = "+PONG\r\n", closes: Bool = false
  ) async throws -> ScriptedServer {
    let accepted = Recorder<Void>()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        accepted.record(())
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Handler([greeting] + answers, closes: closes))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return ScriptedServer(channel, accepted)
  }

  private init(_ channel: any Channel, _ accepted: Recorder<Void>) {
    self.channel = channel
    self.accepted = accepted
    self.port = channel.localAddress?.port ?? 0
  }

  func stop() async {
    try? await channel.close()
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var answers: [String]
    private let closes: Bool

    init(_ answers: [String], closes: Bool) {
      self.answers = answers
      self.closes = closes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard !answers.isEmpty else { return }
      context.writeAndFlush(NIOAny(ByteBuffer(string: answers.removeFirst())), promise: nil)
      if closes, answers.isEmpty { context.close(promise: nil) }
    }
  }
}

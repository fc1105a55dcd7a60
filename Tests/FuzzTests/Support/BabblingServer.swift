import IdempotencyTesting
import NIOCore
import NIOPosix

@testable import HiredisNIO

/// A server on a free port that reads commands as Redis does and answers what it is told to.
final class BabblingServer: Sendable {
  /// What it answers to a command's words; the bytes need not be RESP.
  typealias Answer = @Sendable (_ words: [String]) -> [UInt8]

  let port: Int
  private let channel: any Channel

  static func start(_ answer: @escaping Answer) async throws -> BabblingServer {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Handler(answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return BabblingServer(channel)
  }

  private init(_ channel: any Channel) {
    self.channel = channel
    self.port = channel.localAddress?.port ?? 0
  }

  func stop() async { try? await channel.close() }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let reader = RESPReader(limits: RESPLimits())
    private let answer: Answer

    init(_ answer: @escaping Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      while let command = try? reader.next(from: &bytes) {
        let words = command.array?.compactMap(\.string) ?? []
        context.write(NIOAny(ByteBuffer(bytes: answer(words))), promise: nil)
      }
      context.flush()
    }
  }
}

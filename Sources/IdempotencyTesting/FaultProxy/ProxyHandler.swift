import NIOCore

/// Brings what happens at one end of a connection to the proxy's core.
final class ProxyHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let core: ProxyCore
  private let stream: ProxyStream

  init(_ core: ProxyCore, _ stream: ProxyStream) {
    self.core = core
    self.stream = stream
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    core.arrived(unwrapInboundIn(data), on: stream)
  }

  func channelInactive(context: ChannelHandlerContext) {
    stream.hasEnded = true
    core.pump(stream)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

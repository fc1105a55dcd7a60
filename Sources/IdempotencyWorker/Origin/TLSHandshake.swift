import NIOCore
import NIOTLS

/// Says when TLS with the origin is established, or that it will not be.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private struct Failed: Error, CustomStringConvertible {
    let description = "the origin closed the connection in the handshake"
  }

  private let promise: EventLoopPromise<Void>

  var done: EventLoopFuture<Void> { promise.futureResult }

  init(eventLoop: any EventLoop) {
    promise = eventLoop.makePromise()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent {
      promise.succeed()
      context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(error)
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(Failed())
    context.fireChannelInactive()
  }
}

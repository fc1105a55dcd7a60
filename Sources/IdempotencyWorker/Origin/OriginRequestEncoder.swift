import Idempotency
import NIOCore
import NIOHTTP1

/// Writes requests to the origin: head and small bodies in one buffer.
///
/// NIOHTTP1's encoder would need a second `HTTPHeaders` of every request, and would write a field's byte 80 to FF as two.
/// What is written here has been through this worker's own checks, so its framing is what the request says: a length, or
/// chunks.
final class OriginRequestEncoder: ChannelOutboundHandler {
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = ByteBuffer

  /// Nothing of the request has left this worker yet.
  private(set) var isHeadPending = false
  private var framing = BodyFraming.none
  private var pending: ByteBuffer?
  private var context: ChannelHandlerContext?

  /// A body up to this size is copied behind its head: cheaper than a second buffer for the socket.
  private static let copied = 16 * 1024

  /// Writes a request's head; nothing is sent before the flush.
  func begin(_ request: OriginRequest) {
    var writer = HeadWriter(take(1024))
    request.write(to: &writer)
    framing = request.framing
    pending = writer.buffer
    isHeadPending = true
  }

  /// Writes a piece of the body.
  func send(_ bytes: ByteBuffer) {
    switch framing {
    // Bytes without a frame would be read as the next request.
    case .none: break
    case .chunked:
      var buffer = take(bytes.readableBytes + 16)
      buffer.writeChunk(bytes)
      pending = buffer
    case .length where bytes.readableBytes <= Self.copied:
      pending?.writeImmutableBuffer(bytes)
      if pending == nil { pending = bytes }
    case .length:
      handOver()
      pending = bytes
    }
  }

  /// Ends the body.
  func end(_ trailers: HTTPHeaders?) {
    guard case .chunked = framing else { return }
    var buffer = take(8)
    buffer.writeLastChunk(trailers)
    pending = buffer
  }

  /// Lets go of what was not sent.
  func discard() { pending = nil }

  private func take(_ capacity: Int) -> ByteBuffer {
    pending.take() ?? context?.channel.allocator.buffer(capacity: capacity) ?? ByteBuffer()
  }

  private func handOver() {
    guard let pending = pending.take() else { return }
    isHeadPending = false
    context?.write(wrapOutboundOut(pending), promise: nil)
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// The head, which the decoder behind this has to see: the answer to HEAD has no body.
  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) { promise?.succeed() }

  func flush(context: ChannelHandlerContext) {
    handOver()
    context.flush()
  }
}

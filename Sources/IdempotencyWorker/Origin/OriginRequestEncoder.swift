import Idempotency
import NIOCore

/// Writes requests to the origin: head and small bodies in one buffer.
///
/// What is written here has been through this worker's own checks, so its framing is what the request says: a length, or
/// chunks.
struct OriginRequestEncoder {
  /// Nothing of the request has left this worker yet.
  private(set) var isHeadPending = false
  private var framing = BodyFraming.none
  private var pending: ByteBuffer?

  /// A body up to this size is copied behind its head: cheaper than a second buffer for the socket.
  private static let copied = 16 * 1024

  /// Writes a request's head; nothing is sent before ``handOver(to:)``.
  mutating func begin(_ request: OriginRequest, _ context: ChannelHandlerContext) {
    var writer = HeadWriter(take(1024, context))
    request.write(to: &writer)
    framing = request.framing
    pending = writer.buffer
    isHeadPending = true
  }

  /// Writes a piece of the body.
  mutating func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    switch framing {
    // Bytes without a frame would be read as the next request.
    case .none: break
    case .chunked:
      var buffer = take(bytes.readableBytes + 16, context)
      buffer.writeChunk(bytes)
      pending = buffer
    case .length where bytes.readableBytes <= Self.copied:
      pending?.writeImmutableBuffer(bytes)
      if pending == nil { pending = bytes }
    case .length:
      handOver(to: context)
      pending = bytes
    }
  }

  /// Ends the body.
  mutating func end(_ trailers: FieldLines?, _ context: ChannelHandlerContext) {
    guard case .chunked = framing else { return }
    var buffer = take(8, context)
    buffer.writeLastChunk(trailers)
    pending = buffer
  }

  /// Lets go of what was not sent.
  mutating func discard() { pending = nil }

  /// Gives the channel what was written; it goes out with the next flush.
  mutating func handOver(to context: ChannelHandlerContext) {
    guard let pending = pending.take() else { return }
    isHeadPending = false
    context.write(NIOAny(pending), promise: nil)
  }

  private mutating func take(_ capacity: Int, _ context: ChannelHandlerContext) -> ByteBuffer {
    pending.take() ?? context.channel.allocator.buffer(capacity: capacity)
  }
}

import Idempotency
import NIOCore
import NIOHTTP1

/// Writes requests to the origin: head and small bodies in one buffer.
///
/// NIOHTTP1's encoder would write a field's byte 80 to FF as two. What is written here has been through this worker's
/// own checks, so its framing is what the head says: a length, or chunks.
final class OriginRequestEncoder: ChannelOutboundHandler {
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = ByteBuffer

  private var isChunked = false
  /// The head says where the body ends.
  private var isFramed = false
  private var pending: ByteBuffer?

  /// A body up to this size is copied behind its head: cheaper than a second buffer for the socket.
  private static let copied = 16 * 1024

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head):
      var writer = HeadWriter(pending.take() ?? context.channel.allocator.buffer(capacity: 1024))
      let start = writer.buffer.writerIndex
      writer.requestLine(head.method, head.uri)
      isChunked = false
      isFramed = false
      for (name, value) in head.headers {
        if name.isField("transfer-encoding") { isChunked = true }
        if name.isField("content-length") || isChunked { isFramed = true }
        writer.field(name, value)
      }
      writer.end(from: start)
      pending = writer.buffer
    case .body(let data):
      // Bytes without a frame would be read as the next request.
      guard case .byteBuffer(let bytes) = data, isFramed else { break }
      if isChunked {
        var buffer = pending.take() ?? context.channel.allocator.buffer(capacity: bytes.readableBytes + 16)
        buffer.writeChunk(bytes)
        pending = buffer
      } else if bytes.readableBytes <= Self.copied {
        pending?.writeImmutableBuffer(bytes)
        if pending == nil { pending = bytes }
      } else {
        if let head = pending.take() { context.write(wrapOutboundOut(head), promise: nil) }
        pending = bytes
      }
    case .end(let trailers):
      guard isChunked else { break }
      var buffer = pending.take() ?? context.channel.allocator.buffer(capacity: 8)
      buffer.writeLastChunk(trailers)
      pending = buffer
    }
    promise?.succeed()
  }

  func flush(context: ChannelHandlerContext) {
    if let pending = pending.take() { context.write(wrapOutboundOut(pending), promise: nil) }
    context.flush()
  }
}

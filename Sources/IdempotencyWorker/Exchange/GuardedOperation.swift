import NIOCore

/// A guarded request as it is sent to the origin; let go of as soon as that is done, or never will be.
struct GuardedOperation {
  let request: ClientConnection.Request
  private(set) var body: ByteBuffer
  let trailers: FieldLines?
  let client: ClientAddress

  /// Keeps the body in a buffer of its own size; the one that it came in may be many times as large.
  mutating func compactBody() {
    var own = ByteBuffer()
    own.reserveCapacity(body.readableBytes)
    own.writeImmutableBuffer(body)
    body = own
  }

  /// The request as the origin gets it.
  ///
  /// Its body is whole, and sent with its length, unless trailers follow it.
  func forwarded(attempt: Int?) -> OriginRequest {
    let framing: BodyFraming
    if trailers != nil {
      framing = .chunked
    } else if body.readableBytes > 0 || request.head.framing.contentLength != nil || request.head.framing.isChunked {
      framing = .length(body.readableBytes)
    } else {
      framing = .none
    }
    return OriginRequest(
      head: request.head, withheld: request.fields.withheld, client: client, framing: framing, attempt: attempt)
  }
}

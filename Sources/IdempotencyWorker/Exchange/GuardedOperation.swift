import NIOCore
import NIOHTTP1

/// A guarded request as it is sent to the origin; let go of as soon as that is done, or never will be.
struct GuardedOperation {
  let head: NIOHTTP1.HTTPRequestHead
  let body: ByteBuffer
  let trailers: HTTPHeaders?
  let address: ClientAddress

  func forwarded(attempt: Int?) -> NIOHTTP1.HTTPRequestHead {
    let framing: BodyFraming
    if trailers != nil {
      framing = .chunked
    } else if body.readableBytes > 0 || head.headers.contains(name: "content-length")
      || head.headers.contains(name: "transfer-encoding")
    {
      framing = .length(body.readableBytes)
    } else {
      framing = .none
    }
    return head.forwarded(from: address, framing: framing, attempt: attempt)
  }
}

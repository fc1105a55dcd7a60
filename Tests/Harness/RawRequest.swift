/// A request of HTTP/1.1 as it came.
struct RawRequest: Sendable {
  let method: String
  let target: String
  let fields: [Field]
  let body: [UInt8]
  let trailers: [Field]
  /// The sender will not use the connection again.
  let isLast: Bool

  /// The first whole request and its length in bytes; nil if it is not whole yet.
  static func parse(_ bytes: [UInt8]) -> (RawRequest, Int)? {
    guard let head = RawMessage.head(bytes), head.firstLine.count == 3 else { return nil }
    var trailers: [Field] = []
    let body: [UInt8]
    let end: Int
    if head.isChunked {
      guard let chunks = RawMessage.chunks(bytes, from: head.end) else { return nil }
      (body, trailers, end) = chunks
    } else {
      end = head.end + (head.contentLength ?? 0)
      guard bytes.count >= end else { return nil }
      body = Array(bytes[head.end..<end])
    }
    let request = RawRequest(
      method: String(head.firstLine[0]), target: String(head.firstLine[1]), fields: head.fields, body: body,
      trailers: trailers, isLast: head.values("connection").contains { $0.lowercased() == "close" })
    return (request, end)
  }
}

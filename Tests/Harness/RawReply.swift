/// Reads answers of HTTP/1.1 from bytes.
enum RawReply {
  /// The first whole answer and its length in bytes; nil if it is not whole yet.
  ///
  /// With `isEnded` the connection has ended, which ends a body of neither known length nor chunks; an answer `toHead`
  /// has none.
  static func parse(_ bytes: [UInt8], isEnded: Bool, toHead: Bool = false) -> (Reply, Int)? {
    guard let head = RawMessage.head(bytes), head.firstLine.count > 1, let status = Int(head.firstLine[1]) else {
      return nil
    }
    if (100..<200).contains(status) {
      guard let (reply, length) = parse(Array(bytes[head.end...]), isEnded: isEnded, toHead: toHead) else { return nil }
      return (reply, head.end + length)
    }
    var reply = Reply(status: status, fields: head.fields, body: [])
    if toHead || status == 204 || status == 304 { return (reply, head.end) }
    if head.isChunked {
      guard let chunks = RawMessage.chunks(bytes, from: head.end) else { return nil }
      reply.body = chunks.body
      return (reply, chunks.end)
    }
    if let length = head.contentLength {
      guard bytes.count >= head.end + length else { return nil }
      reply.body = Array(bytes[head.end..<head.end + length])
      return (reply, head.end + length)
    }
    guard isEnded else { return nil }
    reply.body = Array(bytes[head.end...])
    return (reply, bytes.count)
  }
}

/// Reads answers of HTTP/1.1 from bytes, keeping every byte of field values (a library would read them as UTF-8).
enum RawReply {
  /// The first whole answer and its length in bytes; nil if it is not whole yet.
  ///
  /// With `isEnded` the connection has ended, which ends a body of neither known length nor chunks.
  static func parse(_ bytes: [UInt8], isEnded: Bool) -> (Reply, Int)? {
    guard let (head, start) = head(bytes) else { return nil }
    if (100..<200).contains(head.status) {
      guard let (reply, length) = parse(Array(bytes[start...]), isEnded: isEnded) else { return nil }
      return (reply, start + length)
    }
    var reply = head
    if reply.values("Transfer-Encoding").contains(where: { $0.lowercased() == "chunked" }) {
      guard let (body, end) = chunks(bytes, from: start) else { return nil }
      reply.body = body
      return (reply, end)
    }
    if reply.status == 204 || reply.status == 304 { return (reply, start) }
    if let length = reply["Content-Length"].flatMap({ Int($0) }) {
      guard bytes.count >= start + length else { return nil }
      reply.body = Array(bytes[start..<start + length])
      return (reply, start + length)
    }
    guard isEnded else { return nil }
    reply.body = Array(bytes[start...])
    return (reply, bytes.count)
  }

  private static func head(_ bytes: [UInt8]) -> (Reply, Int)? {
    var lines: [ArraySlice<UInt8>] = []
    var index = 0
    while let end = lineEnd(bytes, from: index) {
      let line = bytes[index..<end]
      index = end + 2
      if line.isEmpty {
        guard let first = lines.first else { return nil }
        let words = first.split(separator: UInt8(ascii: " "))
        guard words.count > 1, let status = Int(String(decoding: words[1], as: UTF8.self)) else { return nil }
        return (Reply(status: status, fields: lines.dropFirst().map(field), body: []), index)
      }
      lines.append(line)
    }
    return nil
  }

  private static func field(_ line: ArraySlice<UInt8>) -> Field {
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[min(colon + 1, line.endIndex)...]
    while value.first == 0x20 { value.removeFirst() }
    while value.last == 0x20 { value.removeLast() }
    return Field(String(decoding: line[..<colon], as: UTF8.self), bytes: Array(value))
  }

  private static func chunks(_ bytes: [UInt8], from start: Int) -> ([UInt8], Int)? {
    var body: [UInt8] = []
    var index = start
    while let end = lineEnd(bytes, from: index) {
      let text = String(decoding: bytes[index..<end], as: UTF8.self)
      guard let length = Int(text.prefix { $0 != ";" }, radix: 16) else { return nil }
      index = end + 2
      if length == 0 {
        // Trailers, then an empty line.
        while let end = lineEnd(bytes, from: index) {
          let isLast = end == index
          index = end + 2
          if isLast { return (body, index) }
        }
        return nil
      }
      guard bytes.count >= index + length + 2 else { return nil }
      body += bytes[index..<index + length]
      index += length + 2
    }
    return nil
  }

  private static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    var index = start
    while index + 1 < bytes.count {
      if bytes[index] == 0x0D, bytes[index + 1] == 0x0A { return index }
      index += 1
    }
    return nil
  }
}

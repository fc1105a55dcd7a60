/// What requests and answers of HTTP/1.1 have in common, read from bytes; every byte of field values is kept.
///
/// By hand, because NIOHTTP1 reads field values as UTF-8 and so loses the bytes that are none.
enum RawMessage {
  struct Head {
    let firstLine: [Substring]
    let fields: [Field]
    /// Where the body begins.
    let end: Int

    func values(_ name: String) -> [String] {
      fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    var isChunked: Bool { values("transfer-encoding").contains { $0.lowercased() == "chunked" } }

    var contentLength: Int? { values("content-length").first.flatMap { Int($0) } }
  }

  /// The head; nil if it is not whole yet.
  static func head(_ bytes: [UInt8]) -> Head? {
    var lines: [ArraySlice<UInt8>] = []
    var index = 0
    while let end = lineEnd(bytes, from: index) {
      let line = bytes[index..<end]
      index = end + 2
      if line.isEmpty {
        guard let first = lines.first else { return nil }
        let words = String(decoding: first, as: UTF8.self).split(separator: " ")
        return Head(firstLine: words, fields: lines.dropFirst().map(field), end: index)
      }
      lines.append(line)
    }
    return nil
  }

  /// A body in chunks, its trailers, and where it ends; nil if it is not whole yet.
  static func chunks(_ bytes: [UInt8], from start: Int) -> (body: [UInt8], trailers: [Field], end: Int)? {
    var body: [UInt8] = []
    var index = start
    while let end = lineEnd(bytes, from: index) {
      let text = String(decoding: bytes[index..<end], as: UTF8.self)
      guard let length = Int(text.prefix { $0 != ";" }, radix: 16) else { return nil }
      index = end + 2
      if length == 0 {
        var trailers: [Field] = []
        while let end = lineEnd(bytes, from: index) {
          if end == index { return (body, trailers, end + 2) }
          trailers.append(field(bytes[index..<end]))
          index = end + 2
        }
        return nil
      }
      guard bytes.count >= index + length + 2 else { return nil }
      body += bytes[index..<index + length]
      index += length + 2
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

  private static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    var index = start
    while index + 1 < bytes.count {
      if bytes[index] == 0x0D, bytes[index + 1] == 0x0A { return index }
      index += 1
    }
    return nil
  }
}

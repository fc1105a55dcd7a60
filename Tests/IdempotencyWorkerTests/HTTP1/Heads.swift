import NIOCore

@testable import IdempotencyWorker

extension RequestHead {
  /// Reads a head of these fields; each scalar is one byte.
  static func reading(
    _ fields: KeyValuePairs<String, String>, method: String = "POST", target: String = "/a", minor: Int = 1
  ) throws(BadMessage) -> RequestHead {
    var decoder = RequestDecoder(limits: MessageLimits())
    decoder.append(ByteBuffer(scalars: "\(method) \(target) HTTP/1.\(minor)\r\n" + fields.text + "\r\n"))
    guard case .head(let head)? = try decoder.next() else { throw .malformed }
    return head
  }
}

extension FieldLines {
  /// A section of these fields.
  static func reading(_ fields: KeyValuePairs<String, String>) -> FieldLines {
    var scanner = SectionScanner(hasFirstLine: false)
    var bytes = ByteBuffer(scalars: fields.text + "\r\n")
    let length = try? bytes.scan(&scanner, maximum: 1 << 20, MessageLimits())
    return FieldLines(bytes.readSlice(length: length.flatMap { $0 } ?? 0) ?? ByteBuffer(), scanner.lines)
  }
}

extension ByteBuffer {
  /// One byte for each scalar.
  init(scalars text: String) {
    self.init(bytes: text.unicodeScalars.map { UInt8($0.value) })
  }
}

extension KeyValuePairs<String, String> {
  fileprivate var text: String { map { "\($0): \($1)\r\n" }.joined() }
}

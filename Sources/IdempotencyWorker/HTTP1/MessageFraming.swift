import Idempotency
import NIOCore

/// What a head says about the body behind it and about its connection, read once.
struct MessageFraming: Sendable {
  /// The length that is declared for the body, in bytes; nil where none is.
  private(set) var contentLength: Int?
  /// The body comes in chunks.
  private(set) var isChunked = false
  /// The connection may be used for another message.
  private(set) var isKeepAlive: Bool
  /// The fields that Connection names, in lower case: they are about this connection only.
  private(set) var nominated: [String] = []

  /// Reads it.
  ///
  /// - Throws: What two readers could take for different lengths.
  init(_ fields: FieldLines, minorVersion: Int, limits: MessageLimits) throws(BadMessage) {
    isKeepAlive = minorVersion > 0
    var hasClose = false
    for line in fields.lines {
      switch line.known {
      case .contentLength:
        guard contentLength == nil else { throw .length }
        contentLength = try Self.length(fields, line.value, limits)
      case .transferEncoding:
        guard fields.matches(line.value, "chunked") else {
          throw isChunked ? .coding : .unknownCoding
        }
        guard !isChunked, minorVersion > 0 else { throw .coding }
        isChunked = true
      case .connection: try readConnection(fields, line.value, &hasClose, limits)
      default: break
      }
    }
    if isChunked, contentLength != nil { throw .coding }
    if hasClose { isKeepAlive = false }
  }

  /// Digits only, as many as a number has.
  private static func length(
    _ fields: FieldLines, _ value: Range<Int>, _ limits: MessageLimits
  ) throws(BadMessage) -> Int {
    let digits = fields.bytes.viewBytes(at: fields.bytes.readerIndex + value.lowerBound, length: value.count)
    guard let digits, !digits.isEmpty else { throw .length }
    var length = 0
    for byte in digits {
      guard byte &- 0x30 < 10 else { throw .length }
      length = length * 10 + Int(byte &- 0x30)
      guard length <= limits.bodyBytes else { throw .bodyTooLarge }
    }
    return length
  }

  private mutating func readConnection(
    _ fields: FieldLines, _ value: Range<Int>, _ hasClose: inout Bool, _ limits: MessageLimits
  ) throws(BadMessage) {
    // What nearly every message says.
    if fields.matches(value, "keep-alive") { return isKeepAlive = true }
    if fields.matches(value, "close") { return hasClose = true }
    for token in fields.text(value).split(separator: ",") {
      switch token.trimmed.lowercased() {
      case "": continue
      case "close": hasClose = true
      case "keep-alive": isKeepAlive = true
      case let name:
        guard nominated.count < limits.connectionNames else { throw .headTooLarge }
        nominated.append(name)
      }
    }
  }
}

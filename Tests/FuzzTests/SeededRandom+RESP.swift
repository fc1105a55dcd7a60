import IdempotencyTesting
import HiredisNIO
import NIOCore

extension SeededRandom {
  /// A reply as a server would send it, and the value that it must be read as.
  mutating func reply(depth: Int) -> (bytes: [UInt8], value: RESPValue) {
    switch below(depth == 0 ? 6 : 8) {
    case 0:
      let line = respLine()
      return (Array("+".utf8) + line + Self.lineEnd, .simpleString(String(decoding: line, as: UTF8.self)))
    case 1: return errorReply()
    case 2:
      let number = integer()
      return (Array(":\(number)\r\n".utf8), .integer(number))
    case 3: return (Array(pick(["$-1\r\n", "*-1\r\n"]).utf8), .null)
    case 4, 5:
      let bytes = bytes(upTo: chance(3) ? 40_000 : 30)
      return (Array("$\(bytes.count)\r\n".utf8) + bytes + Self.lineEnd, .bulkString(ByteBuffer(bytes: bytes)))
    default:
      let elements = some(upTo: 5) { $0.reply(depth: depth - 1) }
      return (Array("*\(elements.count)\r\n".utf8) + elements.flatMap(\.bytes), .array(elements.map(\.value)))
    }
  }

  private mutating func errorReply() -> (bytes: [UInt8], value: RESPValue) {
    let code = respLine().filter { $0 != 0x20 && $0 != 0x0D }
    let message = respLine()
    let error = RedisServerError(
      code: String(decoding: code, as: UTF8.self), message: String(decoding: message, as: UTF8.self))
    // A line of one word has no blank; with an empty message both spellings mean the same.
    let line = message.isEmpty && chance(50) ? code : code + [0x20] + message
    return (Array("-".utf8) + line + Self.lineEnd, .error(error))
  }

  /// Any bytes but a line end, nor half of one before the end.
  private mutating func respLine() -> [UInt8] {
    var line: [UInt8] = []
    for byte in bytes(upTo: 20) where !(byte == 0x0A && line.last == 0x0D) { line.append(byte) }
    while line.last == 0x0D { line.removeLast() }
    return line
  }

  private static let lineEnd = Array("\r\n".utf8)
}

/// An error reply of the server, for example `-OOM command not allowed when used memory > 'maxmemory'.`.
public struct RedisServerError: Sendable, Equatable {
  /// The first word of the reply, by convention an upper-case code such as `OOM`, `WRONGTYPE`, `NOSCRIPT` or `ERR`.
  public var code: String

  /// The reply after its first word and one space; empty when there is only one word.
  public var message: String

  /// Makes an error reply from its parts.
  ///
  /// - Parameters:
  ///   - code: The first word.
  ///   - message: What follows it.
  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  /// Splits the line that followed the `-`; bytes that are not UTF-8 become U+FFFD.
  init(line: UnsafeRawBufferPointer) {
    let space = line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
    self.code = String(decoding: line[..<space], as: UTF8.self)
    self.message = String(decoding: line[space...].dropFirst(), as: UTF8.self)
  }
}

extension RedisServerError: CustomStringConvertible {
  /// The reply as the server wrote it, without the leading `-`.
  public var description: String { message.isEmpty ? code : "\(code) \(message)" }
}

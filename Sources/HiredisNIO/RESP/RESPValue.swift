public import NIOCore

/// One reply of the server in RESP2, the protocol that every Redis and Valkey version speaks.
public enum RESPValue: Sendable, Equatable {
  /// A null bulk string or a null array: the key, or the answer, does not exist.
  case null
  /// A short status line such as `OK`; bytes that are not UTF-8 are replaced by U+FFFD.
  case simpleString(String)
  /// An error inside an array. An error that is a whole reply arrives as ``RedisError`` instead.
  case error(RedisServerError)
  /// A signed 64-bit integer.
  case integer(Int64)
  /// Any bytes. The buffer is the caller's own; it shares storage with nothing.
  case bulkString(ByteBuffer)
  /// A list of replies, possibly nested.
  case array([RESPValue])
}

extension RESPValue {
  /// The text of a bulk or simple string (bytes that are not UTF-8 are replaced by U+FFFD), otherwise nil.
  public var string: String? {
    switch self {
    case .bulkString(let buffer): String(buffer: buffer)
    case .simpleString(let text): text
    case .null, .error, .integer, .array: nil
    }
  }

  /// The value of an integer reply, otherwise nil.
  ///
  /// A bulk string of digits is not an integer reply.
  public var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The elements of an array reply, otherwise nil.
  public var array: [RESPValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The bytes of a bulk string, otherwise nil.
  public var bytes: ByteBuffer? {
    if case .bulkString(let buffer) = self { buffer } else { nil }
  }

  /// Whether the reply is a null bulk string or a null array.
  public var isNull: Bool {
    if case .null = self { true } else { false }
  }
}

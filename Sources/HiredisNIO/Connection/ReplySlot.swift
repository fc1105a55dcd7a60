import NIOCore

/// The place of one command in the order of replies.
struct ReplySlot {
  /// Names the command on its connection; kept when a script is sent again by its source.
  var id: UInt64

  /// When the caller stops waiting.
  var deadline: NIODeadline

  /// The command's bytes while it waits in a ``CommandQueue``.
  var byteCount = 0

  /// How often something had been read from the connection when the command was handed to it.
  var readMark: UInt64 = 0

  /// Gets the reply; nil once the slot is abandoned: its reply is then dropped.
  var then: ((Result<RESPValue, RedisError>) -> Void)?

  /// Writes the command to send instead when the answer is NOSCRIPT.
  var fallback: ((inout RESPCommandWriter) -> Void)?

  /// Leaves the slot in the order of replies, with nobody waiting for it.
  mutating func abandon() -> ((Result<RESPValue, RedisError>) -> Void)? {
    fallback = nil
    return then.take()
  }
}

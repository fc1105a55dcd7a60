/// How large a reply may be before the connection that sends it is closed.
///
/// A reply beyond a limit is a protocol violation: the connection is closed, and every command on it fails with
/// ``RedisError/Outcome-swift.enum/unknown``.
public struct RESPLimits: Sendable, Equatable {
  /// The most bytes one reply may take, with all elements of an array and what has arrived of an unfinished one.
  ///
  /// In bytes, at least 1 KiB; 64 MiB by default. Redis itself allows 512 MiB for one string; a record of this package
  /// is bounded by its policy at a few MiB, so 64 MiB refuses nothing legitimate and still caps what a broken server
  /// can make a process allocate.
  public var maximumReplyBytes: Int

  /// The most elements one reply may have, those of nested arrays counted too.
  ///
  /// 1,048,576 by default: an element takes 40 bytes of memory however short it is on the wire, so this caps an array
  /// of nulls at 40 MiB, and one larger is a command that should have used a cursor.
  public var maximumElements: Int

  /// Makes a set of limits.
  ///
  /// - Parameters:
  ///   - maximumReplyBytes: See ``maximumReplyBytes``; less than 1 KiB counts as 1 KiB.
  ///   - maximumElements: See ``maximumElements``; less than 1 counts as 1.
  public init(maximumReplyBytes: Int = 64 * 1024 * 1024, maximumElements: Int = 1024 * 1024) {
    self.maximumReplyBytes = max(1024, maximumReplyBytes)
    self.maximumElements = max(1, maximumElements)
  }

  /// How deep arrays may nest.
  ///
  /// hiredis 0.14 refuses an eighth level, later versions grow; one rule for both.
  static let maximumDepth = 7

  /// The longest line (status, error, integer or length) in bytes.
  ///
  /// Redis cuts its own error lines well below; hiredis searches an unfinished line again from its start after every
  /// feed, so without a bound that work is quadratic.
  static let maximumLineBytes = 64 * 1024

  /// The longest length line of a bulk string: a sign, 19 digits, CR and LF, and some leading zeros.
  static let maximumLengthLineBytes = 32
}

import DequeModule
import NIOCore

/// One network connection from its opening to its end: bytes out, replies matched to slots in order.
///
/// Bound to its event loop. It ends once, by ``lose(_:)``, whoever notices first that it is over.
final class RedisLink {
  let reader: RESPReader
  var supervisor: LinkSupervisor?
  var context: ChannelHandlerContext?
  var inFlight: Deque<ReplySlot> = []

  /// How often something was read.
  var readCount: UInt64 = 0
  /// Whether replies are being handed out just now; what they cause to be sent is flushed after the last of them.
  var isReading = false
  private(set) var isLost = false
  /// Whether a reply arrived after the session was prepared: what connects and is then of use is no failure.
  var isProven = false
  /// Set when others' commands may be sent.
  var isReady = false
  /// The number that the `prepare` hook gave this connection; see ``RedisSession/label(_:)``.
  var label: Int?
  /// Whether replies go to the owner as pushes, as on a connection that subscribes.
  var isPushing = false

  init(limits: RESPLimits, supervisor: LinkSupervisor) {
    self.reader = RESPReader(limits: limits)
    self.supervisor = supervisor
  }

  var isWritable: Bool { context?.channel.isWritable ?? false }

  /// Takes commands out of a queue and gives their slots a place in the order of replies.
  ///
  /// Their bytes must go to ``write(_:)`` at once, outside any access to the queue: writing may call back, and what is
  /// called may queue more.
  func take(from queue: inout CommandQueue, limit: Int) -> ByteBuffer {
    queue.take(limit: limit, readMark: readCount, into: &inFlight)
  }

  /// Hands bytes to the channel.
  ///
  /// From here on the outcome of what is in them is unknown until the reply is there.
  func write(_ bytes: ByteBuffer) {
    context?.writeAndFlush(NIOAny(bytes), promise: nil)
  }

  /// Abandons the slots whose deadline has passed.
  ///
  /// - Returns: Who waited for them, the earliest deadline among the others, and whether the connection answered
  ///   nothing at all since one of them was sent.
  func expire(_ now: NIODeadline) -> (callers: [ReplySlot], next: NIODeadline, isStalled: Bool) {
    var callers: [ReplySlot] = []
    var next = NIODeadline.distantFuture
    var isStalled = false
    for index in inFlight.indices {
      guard inFlight[index].deadline <= now else {
        next = min(next, inFlight[index].deadline)
        continue
      }
      if inFlight[index].readMark == readCount { isStalled = true }
      guard inFlight[index].then != nil else { continue }
      callers.append(inFlight[index])
      _ = inFlight[index].abandon()
    }
    return (callers, next, isStalled)
  }

  /// Abandons one slot; its reply is dropped when it comes.
  func abandon(_ id: UInt64) -> ((Result<RESPValue, RedisError>) -> Void)? {
    guard let index = inFlight.firstIndex(where: { $0.id == id }) else { return nil }
    return inFlight[index].abandon()
  }

  /// Ends the link: closes the channel and lets the supervisor fail what is on it.
  ///
  /// Only the first call counts.
  func lose(_ error: RedisError) {
    guard !isLost else { return }
    isLost = true
    context?.close(promise: nil)
    context = nil
    supervisor.take()?.linkIsLost(self, error)
  }

  /// Takes out all slots, for the supervisor to fail.
  func takeInFlight() -> Deque<ReplySlot> {
    defer { inFlight = [] }
    return inFlight
  }
}

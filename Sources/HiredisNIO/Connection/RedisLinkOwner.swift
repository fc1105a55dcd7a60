import DequeModule

/// What the owner of a ``LinkSupervisor`` is told.
///
/// Everything happens on the event loop.
protocol RedisLinkOwner: AnyObject {
  /// The session is prepared: commands may go.
  func linkIsReady(_ link: RedisLink)
  /// A good moment to hand commands over: replies were handed out, or the channel takes bytes again.
  func linkIsWritable(_ link: RedisLink)
  /// The server does not know the script of this slot, which has left the order of replies.
  func linkMustResend(_ slot: ReplySlot)
  /// A reply on a link that pushes.
  func linkReceived(_ push: RESPValue, on link: RedisLink)
  /// Hands out what waits for the link: it ends, and what waited for it fails as never sent.
  func takeUnsent() -> Deque<ReplySlot>
  /// An attempt failed or a connection was lost; what was in flight on it, or waited, has failed already. The supervisor is by now
  /// at the next attempt.
  func linkIsLost(_ error: RedisError)
}

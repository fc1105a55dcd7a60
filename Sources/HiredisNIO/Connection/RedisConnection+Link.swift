import DequeModule
import NIOCore
import Synchronization

/// What happens to the connection's link.
extension RedisConnection: RedisLinkOwner {
  func linkIsReady(_ link: RedisLink) {
    isUp.store(true, ordering: .relaxed)
    let waiters = readyWaiters
    readyWaiters = []
    // Not among replies that are being handed out: one that nobody asked for may be behind the last of them, and must not
    // find a command that waits for an answer.
    if !link.isReading { flush() }
    for waiter in waiters { waiter.succeed(()) }
    closeIfDrained()
  }

  func linkIsWritable(_ link: RedisLink) {
    if !queue.isEmpty { flush() }
    if isDraining { closeIfDrained() }
  }

  func linkMustResend(_ slot: ReplySlot) {
    var slot = slot
    guard let fallback = slot.fallback.take() else { return }
    // Not subject to the bounds: its place in flight has just become free.
    append(slot, fallback)
  }

  func linkReceived(_ push: RESPValue, on link: RedisLink) {}

  func takeUnsent() -> Deque<ReplySlot> {
    queue.removeAll()
  }

  func linkIsLost(_ error: RedisError) {
    isUp.store(false, ordering: .relaxed)
    closeIfDrained()
  }
}

import DequeModule
import NIOCore

/// What happens to the connection's link.
extension RedisConnection: RedisLinkOwner {
  func linkIsReady(_ link: RedisLink) {
    let waiters = readyWaiters
    readyWaiters = []
    flush()
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

  func linkIsLost(_ error: RedisError) {
    // What is opening a connection at once keeps nothing either: the caller knows best whether to send again.
    let slots = queue.removeAll()
    if !slots.isEmpty {
      let neverSent = RedisError(
        .neverSent, error.code == .shutDown ? .shutDown : .notConnected, message: error.message,
        serverError: error.serverError, underlying: error)
      for slot in slots { slot.then?(.failure(neverSent)) }
    }
    closeIfDrained()
  }
}

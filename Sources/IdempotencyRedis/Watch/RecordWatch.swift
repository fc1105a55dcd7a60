internal import HiredisNIO
internal import Idempotency
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Somebody's interest in the changes of one record: a subscription to the channel that is named as its key.
final class RecordWatch: StoreWatch {
  private let eventLoop: any EventLoop
  private let subscription: NIOLoopBoundBox<RedisSubscription?>
  /// Set before the event loop hears of it: a message that it reads meanwhile is not told any more.
  private let isCancelled = NIOLockedValueBox(false)

  /// Subscribes, on the subscriber's event loop.
  init(_ subscriber: RedisSubscriber, channel: String, changed: @escaping @Sendable () -> Void) {
    let subscription = NIOLoopBoundBox<RedisSubscription?>.makeEmptyBox(eventLoop: subscriber.eventLoop)
    eventLoop = subscriber.eventLoop
    self.subscription = subscription
    eventLoop.execute { [isCancelled] in
      subscription.value = subscriber.subscribe(channel) { event in
        switch event {
        case .subscribed, .message, .mayHaveMissed: if !isCancelled.withLockedValue({ $0 }) { changed() }
        // Without the right to the channel, or beyond the limit: the waiter's poll does the work.
        case .failed: break
        }
      }
    }
  }

  /// Runs after the subscription was made, however soon it is called; nothing is told that had not begun.
  func cancel() {
    isCancelled.withLockedValue { $0 = true }
    eventLoop.execute { [subscription] in
      subscription.value?.cancel()
      subscription.value = nil
    }
  }
}

/// The interest in a store that is shut down: nothing changes any more.
struct NoWatch: StoreWatch {
  func cancel() {}
}

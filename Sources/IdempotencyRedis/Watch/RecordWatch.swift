internal import HiredisNIO
internal import Idempotency
internal import NIOCore

/// Somebody's interest in the changes of one record: a subscription to the channel that is named as its key.
final class RecordWatch: StoreWatch {
  private let eventLoop: any EventLoop
  private let subscription: NIOLoopBoundBox<RedisSubscription?>

  /// Subscribes, on the subscriber's event loop.
  init(_ subscriber: RedisSubscriber, channel: String, changed: @escaping @Sendable () -> Void) {
    let subscription = NIOLoopBoundBox<RedisSubscription?>.makeEmptyBox(eventLoop: subscriber.eventLoop)
    eventLoop = subscriber.eventLoop
    self.subscription = subscription
    eventLoop.execute {
      subscription.value = subscriber.subscribe(channel) { event in
        switch event {
        case .subscribed, .message, .mayHaveMissed: changed()
        // Without the right to the channel, or beyond the limit: the waiter's poll does the work.
        case .failed: break
        }
      }
    }
  }

  /// Runs after the subscription was made, however soon it is called.
  func cancel() {
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

/// One subscriber's place on a channel.
///
/// Letting go of this object does not end the subscription; ``cancel()`` does.
public final class RedisSubscription: Sendable {
  let id: UInt64
  let key: RedisSubscriber.ChannelKey
  private let subscriber: RedisSubscriber

  init(id: UInt64, key: RedisSubscriber.ChannelKey, subscriber: RedisSubscriber) {
    self.id = id
    self.key = key
    self.subscriber = subscriber
  }

  /// Ends the subscription: no event is delivered after this call.
  ///
  /// Must be called on the subscriber's event loop; calls after the first do nothing.
  public func cancel() {
    subscriber.cancel(self)
  }
}

public import NIOCore

/// What happens to a subscription, in this order: `subscribed`, then any number of `message` and `mayHaveMissed`, and
/// perhaps `failed` as the last.
public enum RedisSubscriptionEvent: Sendable {
  /// The server has confirmed: messages published from now on arrive. What one waits for is read now, not before.
  case subscribed
  /// A message.
  case message(ByteBuffer)
  /// Messages may have been lost, because the connection was lost and is back and subscribed again, or because the
  /// reader of an asynchronous sequence was too slow. What one waits for must be read again.
  case mayHaveMissed
  /// The server refused the subscription, or the subscriber is at its limit or shut down. Nothing follows.
  case failed(RedisError)
}

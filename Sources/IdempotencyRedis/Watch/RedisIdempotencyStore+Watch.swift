internal import HiredisNIO
public import Idempotency

extension RedisIdempotencyStore {
  /// Listens to the changes of one record, which the scripts publish on the channel named as its key (rule E18).
  ///
  /// The first watch on an event loop makes a connection of its own. Where the server refuses the channel, nothing is
  /// told and nothing fails: whoever waits polls.
  /// - Parameters:
  ///   - key: The record's key.
  ///   - changed: Called on an event loop of the store's group, never before this method returns.
  /// - Returns: What ends the watch.
  public func watch(_ key: RecordKey, _ changed: @escaping @Sendable () -> Void) -> any StoreWatch {
    let eventLoop = client.anyConnection().eventLoop
    guard let subscriber = subscribers.subscriber(on: eventLoop) else { return NoWatch() }
    return RecordWatch(subscriber, channel: keyPrefix + key.description, changed: changed)
  }
}

import NIOCore

/// A channel with at least one subscriber.
///
/// Bound to the subscriber's event loop.
final class SubscribedChannel {
  struct Member {
    let onEvent: (RedisSubscriptionEvent) -> Void
    /// Whether it has been told that it is subscribed: then a new confirmation means that it may have missed messages.
    var isConfirmed = false
  }

  let key: RedisSubscriber.ChannelKey
  private(set) var isConfirmed = false
  private(set) var members: [UInt64: Member] = [:]

  init(key: RedisSubscriber.ChannelKey) {
    self.key = key
  }

  func add(_ id: UInt64, _ onEvent: @escaping (RedisSubscriptionEvent) -> Void) {
    members[id] = Member(onEvent: onEvent)
  }

  func remove(_ id: UInt64) -> Bool {
    members.removeValue(forKey: id) != nil
  }

  /// The connection was lost.
  func interrupt() {
    isConfirmed = false
  }

  /// The server confirmed.
  func confirm() {
    isConfirmed = true
    for id in members.keys.sorted() { confirm(id) }
  }

  /// Tells one member that the channel is confirmed.
  func confirm(_ id: UInt64) {
    guard isConfirmed, let member = members[id] else { return }
    members[id]?.isConfirmed = true
    member.onEvent(member.isConfirmed ? .mayHaveMissed : .subscribed)
  }

  /// Delivers an event to all who are members still when their turn comes.
  func deliver(_ event: RedisSubscriptionEvent) {
    for id in members.keys.sorted() { members[id]?.onEvent(event) }
  }
}

internal import HiredisNIO
internal import NIOConcurrencyHelpers
internal import NIOCore

/// One subscriber for each event loop, made when somebody on it first waits.
///
/// A connection that has subscribed takes no other command (RESP2), so these are connections of their own.
final class Subscribers: Sendable {
  private struct State {
    var subscribers: [ObjectIdentifier: RedisSubscriber] = [:]
    var isShutDown = false
  }

  private let make: @Sendable (any EventLoop) -> RedisSubscriber
  private let state = NIOLockedValueBox(State())

  init(make: @escaping @Sendable (any EventLoop) -> RedisSubscriber) {
    self.make = make
  }

  /// The subscriber of an event loop; nil when the store is shut down.
  func subscriber(on eventLoop: any EventLoop) -> RedisSubscriber? {
    state.withLockedValue { state in
      if state.isShutDown { return nil }
      if let known = state.subscribers[ObjectIdentifier(eventLoop)] { return known }
      let subscriber = make(eventLoop)
      state.subscribers[ObjectIdentifier(eventLoop)] = subscriber
      return subscriber
    }
  }

  /// Ends all subscriptions and connections; there will be no others.
  func shutdown() async {
    let subscribers = state.withLockedValue { state in
      state.isShutDown = true
      defer { state.subscribers = [:] }
      return Array(state.subscribers.values)
    }
    for subscriber in subscribers { await subscriber.shutdown() }
  }
}

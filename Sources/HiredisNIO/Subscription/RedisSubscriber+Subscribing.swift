import NIOCore

/// Joining and leaving channels.
extension RedisSubscriber {
  /// Subscribes to a channel.
  ///
  /// - Parameters:
  ///   - channel: The channel's name.
  ///   - kind: Which kind of channel.
  ///   - onEvent: Called on the event loop, never before this method returns.
  /// - Returns: What ends the subscription.
  public func subscribe(
    _ channel: String,
    kind: Kind = .shardChannel,
    _ onEvent: @escaping (RedisSubscriptionEvent) -> Void
  ) -> RedisSubscription {
    eventLoop.preconditionInEventLoop()
    let key = ChannelKey(kind: kind, name: channel)
    let subscription = RedisSubscription(id: nextID, key: key, subscriber: self)
    nextID += 1
    if let error = refusal() {
      eventLoop.assumeIsolated().execute { onEvent(.failed(error)) }
      return subscription
    }
    supervisor.owner = self
    supervisor.start()
    subscriptions += 1
    let known = channels[key]
    let member = known ?? SubscribedChannel(key: key)
    member.add(subscription.id, onEvent)
    if known == nil {
      channels[key] = member
      send(.subscribe(member))
    } else if member.isConfirmed {
      let id = subscription.id
      eventLoop.assumeIsolated().execute { member.confirm(id) }
    }
    return subscription
  }

  /// Subscribes to a channel for as long as the sequence is read.
  ///
  /// - Parameters:
  ///   - channel: The channel's name.
  ///   - kind: Which kind of channel.
  /// - Returns: The events. It keeps the latest 16: a reader waits for one thing and reads it anew on any event, so
  ///   more would only be read in vain. When older ones had to go it is told so by
  ///   ``RedisSubscriptionEvent/mayHaveMissed``. It ends after a failure.
  public func events(of channel: String, kind: Kind = .shardChannel) -> AsyncStream<RedisSubscriptionEvent> {
    AsyncStream(bufferingPolicy: .bufferingNewest(16)) { continuation in
      let eventLoop = eventLoop
      let subscription = NIOLoopBoundBox<RedisSubscription?>.makeEmptyBox(eventLoop: eventLoop)
      // Both run on the loop in this order, however soon the reader goes away.
      eventLoop.execute {
        subscription.value = self.subscribe(channel, kind: kind) { event in
          let result = continuation.yield(event)
          if case .failed = event {
            continuation.finish()
          } else if case .dropped = result {
            continuation.yield(.mayHaveMissed)
          }
        }
      }
      continuation.onTermination = { _ in
        eventLoop.execute { subscription.value?.cancel() }
      }
    }
  }

  func cancel(_ subscription: RedisSubscription) {
    eventLoop.preconditionInEventLoop()
    guard let channel = channels[subscription.key], channel.remove(subscription.id) else { return }
    subscriptions -= 1
    guard channel.members.isEmpty else { return }
    channels[subscription.key] = nil
    send(.unsubscribe(subscription.key))
  }

  /// Begins to connect; calls after the first do nothing.
  ///
  /// The first subscription does it too.
  public func start() {
    eventLoop.execute {
      guard !self.supervisor.isClosed else { return }
      self.supervisor.owner = self
      self.supervisor.start()
    }
  }

  /// Ends all subscriptions with ``RedisSubscriptionEvent/failed(_:)`` and closes the connection for good.
  public func shutdown() async {
    // The work cannot throw.
    try? await eventLoop.submit {
      self.supervisor.close()
      self.livenessCheck?.cancel()
      let channels = self.channels.values
      self.channels = [:]
      self.subscriptions = 0
      for channel in channels { channel.deliver(.failed(RedisConnection.shutDown)) }
    }.get()
  }

  private func refusal() -> RedisError? {
    if supervisor.isClosed { return RedisConnection.shutDown }
    guard subscriptions < RedisSubscriber.maximumSubscriptions else {
      return RedisError(.neverSent, .queueFull, message: "there are \(subscriptions) subscriptions")
    }
    return nil
  }
}

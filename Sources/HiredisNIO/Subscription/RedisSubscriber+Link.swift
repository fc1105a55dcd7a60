import DequeModule
import NIOCore

/// What happens to the subscriber's link.
extension RedisSubscriber: RedisLinkOwner {
  func linkIsReady(_ link: RedisLink) {
    outstanding = []
    liveness = SubscriberLiveness(interval: livenessInterval, now: .now(), readCount: link.readCount)
    for channel in channels.values { send(.subscribe(channel)) }
    checkLivenessLater(link, at: .now() + livenessInterval)
  }

  func linkIsWritable(_ link: RedisLink) {}

  func linkMustResend(_ slot: ReplySlot) {}

  func takeUnsent() -> Deque<ReplySlot> { [] }

  func linkIsLost(_ error: RedisError) {
    livenessCheck?.cancel()
    outstanding = []
    for channel in channels.values { channel.interrupt() }
  }

  func linkReceived(_ push: RESPValue, on link: RedisLink) {
    switch push {
    case .array(let elements):
      guard let kind = elements.first?.string else { return violate(link) }
      receive(kind, elements, link)
    case .error(let error):
      guard let answered = outstanding.popFirst() else { return violate(link) }
      // A user without the right to PING is asked again all the same: the refusal is a sign of life.
      if case .subscribe(let channel) = answered { fail(channel, error) }
    case .simpleString("PONG"):
      // As long as nothing is subscribed.
      guard case .ping = outstanding.popFirst() else { return violate(link) }
    case .null, .integer, .bulkString, .simpleString:
      violate(link)
    }
  }

  private func receive(_ kind: String, _ elements: [RESPValue], _ link: RedisLink) {
    switch (kind, elements.count) {
    case ("message", 3), ("smessage", 3):
      guard let name = elements[1].string, let message = elements[2].bytes else { return violate(link) }
      let key = ChannelKey(kind: kind == "message" ? .channel : .shardChannel, name: name)
      channels[key]?.deliver(.message(message))
    case ("subscribe", 3), ("ssubscribe", 3):
      guard case .subscribe(let channel) = outstanding.popFirst(), channel.key.name == elements[1].string,
        channel.key.kind == (kind == "subscribe" ? .channel : .shardChannel)
      else { return violate(link) }
      channel.confirm()
    case ("unsubscribe", 3), ("sunsubscribe", 3):
      // Unasked for it means that the channel's slot has moved to another node.
      guard case .unsubscribe = outstanding.popFirst() else { return violate(link) }
    case ("pong", 2):
      guard case .ping = outstanding.popFirst() else { return violate(link) }
    default:
      violate(link)
    }
  }

  /// Ends the link when the server says what nobody asked for; everything is subscribed again on the next one.
  private func violate(_ link: RedisLink) {
    link.lose(RedisError(.unknown, .protocolViolation, message: "the server's answer fits no subscription"))
  }

  private func fail(_ channel: SubscribedChannel, _ error: RedisServerError) {
    if channels[channel.key] === channel {
      channels[channel.key] = nil
      subscriptions -= channel.members.count
    }
    channel.deliver(.failed(RedisError(error)))
  }

  /// Sends a command if there is a link; otherwise the next link begins with all channels as they are then.
  func send(_ command: Outstanding) {
    guard let link = supervisor.readyLink else { return }
    guard outstanding.count < RedisSubscriber.maximumOutstanding else { return violate(link) }
    if outstanding.isEmpty { liveness.sent(at: .now(), readCount: link.readCount) }
    outstanding.append(command)
    var writer = RESPCommandWriter(buffer: ByteBuffer())
    switch command {
    case .subscribe(let channel):
      writer.begin(channel.key.kind == .channel ? "SUBSCRIBE" : "SSUBSCRIBE", argumentCount: 1)
      writer.bulk(channel.key.name)
    case .unsubscribe(let key):
      writer.begin(key.kind == .channel ? "UNSUBSCRIBE" : "SUNSUBSCRIBE", argumentCount: 1)
      writer.bulk(key.name)
    case .ping:
      writer.begin("PING", argumentCount: 0)
    }
    writer.finish()
    link.write(writer.buffer)
  }

  private func checkLivenessLater(_ link: RedisLink, at instant: NIODeadline) {
    livenessCheck?.cancel()
    livenessCheck = eventLoop.assumeIsolated().scheduleTask(deadline: instant) { self.checkLiveness(link) }
  }

  private func checkLiveness(_ link: RedisLink) {
    guard !link.isLost else { return }
    switch liveness.check(at: .now(), readCount: link.readCount, isAnswerDue: !outstanding.isEmpty) {
    case .lost:
      return link.lose(RedisError(.unknown, .connectionClosed, message: "the server stopped answering"))
    case .ask:
      send(.ping)
      checkLivenessLater(link, at: .now() + livenessInterval)
    case .look(let instant):
      checkLivenessLater(link, at: instant)
    }
  }
}

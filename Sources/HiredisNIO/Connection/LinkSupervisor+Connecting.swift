import NIOCore

/// From one attempt to connect to the session that takes commands.
extension LinkSupervisor {
  func reopen() {
    if isClosed { return }
    if reconnect.isImmediate { return connect() }
    state = .waiting
    let delay = dialer.configuration.reconnectBackoff.delay(failures: reconnect.failures, jitter: .random(in: 0...1))
    timer = eventLoop.assumeIsolated().scheduleTask(in: delay) { self.connect() }
  }

  func connect() {
    let link = RedisLink(limits: dialer.configuration.limits, supervisor: self)
    state = .connecting(link)
    isPrepared = false
    let timeout = dialer.configuration.connectTimeout
    timer = eventLoop.assumeIsolated().scheduleTask(in: timeout) {
      let milliseconds = timeout.nanoseconds / 1_000_000
      link.lose(RedisError(.unknown, .notConnected, message: "no connection within \(milliseconds) ms"))
    }
    dialer.dial(link, on: eventLoop).assumeIsolated().whenComplete { result in
      switch result {
      case .success: self.prepare(link)
      case .failure(let error):
        link.lose(RedisError(.unknown, .notConnected, message: "cannot connect: \(error)", underlying: error))
      }
    }
  }

  /// Greets, lets the hook do its part, and asks behind it whether replies are still in step with commands.
  private func prepare(_ link: RedisLink) {
    guard !link.isLost else { return }
    generation += 1
    let session = RedisSession(link: link, eventLoop: eventLoop, generation: generation)
    let greeting = session.greet(dialer.configuration)
    let prepared = hooks.prepare.map { prepare in
      greeting.flatMap { prepare(session).hop(to: session.eventLoop) }.assumeIsolated().flatMap {
        self.isPrepared = true
        return session.ping()
      }.nonisolated()
    }
    (prepared ?? greeting).assumeIsolated().whenComplete { result in
      switch result {
      case .success: self.ready(link)
      case .failure(let error):
        link.lose(LinkSupervisor.preparationFailed(error))
      }
    }
  }

  private static func preparationFailed(_ error: any Error) -> RedisError {
    (error as? RedisError)
      ?? RedisError(
        .unknown, .preparationFailed, message: "the connection could not be prepared: \(error)", underlying: error)
  }

  private func ready(_ link: RedisLink) {
    guard !link.isLost else { return }
    timer?.cancel()
    timer = nil
    state = .ready(link, since: .now())
    lastError = nil
    link.isReady = true
    link.isPushing = isPushing
    owner?.linkIsReady(link)
  }
}

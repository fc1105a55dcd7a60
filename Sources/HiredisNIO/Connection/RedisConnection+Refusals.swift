import NIOCore

/// When a command is not even queued.
extension RedisConnection {
  static var shutDown: RedisError { RedisError(.neverSent, .shutDown, message: "the client was shut down") }

  /// Commands wait only for a connection that is likely to come: the first, or the first after a loss.
  func refusalWhileDown() -> RedisError? {
    if supervisor.isClosed { return Self.shutDown }
    guard supervisor.isOpening else {
      let last = supervisor.lastError
      return RedisError(
        .neverSent, .notConnected, message: "not connected: \(last?.message ?? "no attempt has ended")",
        serverError: last?.serverError, underlying: last)
    }
    return refusal(commands: queue.count)
  }

  func refusalWhenFull(_ link: RedisLink) -> RedisError? {
    refusal(commands: link.inFlight.count + queue.count)
  }

  private func refusal(commands: Int) -> RedisError? {
    guard commands < configuration.maximumCommandsInFlight else {
      return RedisError(.neverSent, .queueFull, message: "\(commands) commands are unanswered")
    }
    guard queue.byteCount < configuration.maximumQueuedBytes else {
      return RedisError(.neverSent, .queueFull, message: "\(queue.byteCount) bytes of commands wait")
    }
    return nil
  }

  /// Fails a command that was not queued, after the call that brought it has returned.
  func failSoon(_ error: RedisError, _ then: @escaping (Result<RESPValue, RedisError>) -> Void) -> UInt64 {
    eventLoop.assumeIsolated().execute { then(.failure(error)) }
    return 0
  }
}

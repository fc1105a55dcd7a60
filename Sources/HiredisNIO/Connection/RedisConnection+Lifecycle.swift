import NIOCore

/// From the first attempt to connect to the end.
extension RedisConnection {
  /// Begins to connect; calls after the first do nothing.
  func start() {
    eventLoop.preconditionInEventLoop()
    if !isDraining { supervisor.start() }
  }

  /// Completes when the connection is ready, now or later; fails at the deadline with the reason for the last failure.
  func whenReady(deadline: NIODeadline) -> EventLoopFuture<Void> {
    eventLoop.preconditionInEventLoop()
    if supervisor.readyLink != nil { return eventLoop.makeSucceededVoidFuture() }
    if isDraining { return eventLoop.makeFailedFuture(RedisConnection.shutDown) }
    supervisor.start()
    let promise = eventLoop.makePromise(of: Void.self)
    let id = promise.futureResult
    let timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
      let last = self.supervisor.lastError
      self.readyWaiters.removeAll { $0.futureResult === id }
      promise.fail(
        RedisError(
          .neverSent, last?.code ?? .timeout, message: "not connected in time: \(last?.message ?? "no answer yet")",
          serverError: last?.serverError, underlying: last))
    }
    readyWaiters.append(promise)
    promise.futureResult.assumeIsolated().whenComplete { _ in timer.cancel() }
    return promise.futureResult
  }

  /// Takes no more commands, lets those that are under way finish until their deadlines, then closes.
  func shutDownGracefully() -> EventLoopFuture<Void> {
    eventLoop.preconditionInEventLoop()
    isDraining = true
    let promise = drained ?? eventLoop.makePromise(of: Void.self)
    drained = promise
    for waiter in readyWaiters { waiter.fail(RedisConnection.shutDown) }
    readyWaiters = []
    closeIfDrained()
    return promise.futureResult
  }

  /// Closes when shutting down and nobody waits for a reply any more.
  func closeIfDrained() {
    guard isDraining else { return }
    guard queue.isEmpty, supervisor.readyLink?.inFlight.allSatisfy({ $0.then == nil }) ?? true else { return }
    check?.cancel()
    check = nil
    supervisor.close()
    drained?.succeed(())
  }
}

internal import HiredisNIO
internal import Idempotency
internal import Logging
internal import NIOCore

extension RedisIdempotencyStore {
  /// Sends a reservation when the connection that is being made is ready.
  ///
  /// It must not wait in the queue of a connection that is being made: the node that it finds may be another
  /// one, not settled. So an empty command goes ahead, and when it is answered the gate is asked again.
  func whenConnected(
    _ operation: StoreOperation, _ key: RecordKey, _ connection: RedisConnection,
    _ then: @escaping (Result<StoreReply, StoreFailure>) -> Void
  ) {
    let deadline = NIODeadline.now() + configuration.redis.commandTimeout
    connection.send({ $0.begin("PING", argumentCount: 0) }) { result in
      if case .failure(let error) = result {
        // Whatever became of PING, the operation itself was not sent.
        return then(.failure(StoreFailure(.notSent, StoreFailure(error).message)))
      }
      guard self.node.gate.isOpen else { return then(.failure(.settling)) }
      self.send(operation, key, connection, timeout: max(.milliseconds(1), deadline - .now()), then)
    }
  }

  /// A node with another history is connected: puts back what this process holds, then lets it settle.
  func restore(_ epoch: Int, on eventLoop: any EventLoop) {
    // On the next tick the connection takes commands.
    eventLoop.execute {
      let connection = self.client.connection(on: eventLoop)
      let now = BootInstant.now
      // Without a time every lease counts as alive: a renewal that comes too late changes nothing.
      let keepsakes = self.registry.keepsakes(at: now, time: self.clock.upperBound(at: now) ?? 0)
      if !keepsakes.isEmpty {
        self.logger.notice(
          "Redis has changed: putting back reservations and outcomes", metadata: ["count": "\(keepsakes.count)"])
      }
      Restoration(
        keepsakes, on: eventLoop, isCurrent: { self.node.isCurrent(epoch) },
        send: { self.send($0.operation, $0.key, connection, timeout: nil, $1) },
        done: { self.claimAgain(epoch, on: eventLoop) { self.node.restored(epoch, on: eventLoop) } }
      ).proceed()
    }
  }

  /// Asks the time and clears the registry every minute; every second while no time is known.
  func maintain(on eventLoop: any EventLoop) async throws {
    while true {
      try await Task.sleep(for: node.clock.isKnown ? .seconds(60) : .seconds(1))
      let connection = client.connection(on: eventLoop)
      let sampled = eventLoop.flatSubmit {
        NodeClock.sample(on: eventLoop) {
          let promise = eventLoop.makePromise(of: RESPValue.self)
          connection.send({ $0.begin("TIME", argumentCount: 0) }) { promise.completeWith($0.mapError { $0 }) }
          return promise.futureResult
        }
      }
      // A round that fails leaves the offset as it is; the next connection takes another.
      if let sample = try? await sampled.get() { node.clock.set(sample) }
      let now = BootInstant.now
      if let time = clock.upperBound(at: now) { registry.sweep(at: now, time: time) }
    }
  }
}

internal import HiredisNIO
internal import Idempotency
internal import Logging
internal import NIOCore

extension RedisIdempotencyStore {
  /// When the history that is connected takes an operation: everything once it has settled.
  ///
  /// Until then no reservation, and of owners' commands only those of owners whose records this process has put back.
  func admission(of operation: StoreOperation) -> RedisNode.Admission {
    if node.gate.isOpen { return .now }
    switch operation {
    case .reserve, .reclaim: return .whenSettled
    case .complete(let token, _, _, _), .renew(let token, _, _, _), .release(let token, _, _, _, _, _),
      .markUncertain(let token, _, _):
      return node.admission(of: token)
    case .read, .putBack, .resolve: return .now
    }
  }

  /// Sends an operation as soon as it is admitted; what would have to wait until the store has settled is refused at
  /// once, for that takes seconds.
  func whenAdmitted(
    _ operation: StoreOperation, _ key: RecordKey, _ connection: RedisConnection, _ deadline: NIODeadline,
    _ then: @escaping (Result<StoreReply, StoreFailure>) -> Void
  ) {
    switch admission(of: operation) {
    case .now where connection.isConnected:
      send(operation, key, connection, timeout: max(.milliseconds(1), deadline - .now()), then)
    // It was lost while this waited: the next one may be another node's.
    case .now where .now() < deadline: whenConnected(operation, key, connection, deadline, then)
    case .now: then(.failure(StoreFailure(.notSent, "the connection was lost")))
    case .whenWhole where .now() < deadline:
      connection.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
        self.whenAdmitted(operation, key, connection, deadline, then)
      }
    case .whenWhole, .whenSettled: then(.failure(.settling))
    }
  }

  /// Between two looks whether all is put back: as long as that takes for a few hundred keys.
  private static let pause = TimeAmount.milliseconds(5)

  /// Sends an operation when the connection that is being made is ready.
  ///
  /// It must not wait in the queue of a connection that is being made: the node that it finds may be another one, not
  /// settled and not whole. So an empty command goes ahead, and when it is answered the node is asked again.
  func whenConnected(
    _ operation: StoreOperation, _ key: RecordKey, _ connection: RedisConnection, _ deadline: NIODeadline,
    _ then: @escaping (Result<StoreReply, StoreFailure>) -> Void
  ) {
    connection.send({ $0.begin("PING", argumentCount: 0) }) { result in
      if case .failure(let error) = result {
        // Whatever became of PING, the operation itself was not sent.
        return then(.failure(StoreFailure(.notSent, StoreFailure(error).message)))
      }
      self.whenAdmitted(operation, key, connection, deadline, then)
    }
  }

  /// A node with another history is connected: puts back what this process holds, then lets it settle.
  func restore(_ epoch: Int, on eventLoop: any EventLoop) {
    // On the next tick the connection takes commands.
    eventLoop.execute {
      let connection = self.client.connection(on: eventLoop)
      let now = BootInstant.now
      // Without a time every lease counts as alive: under `x` the script asks Redis' own, else it does no harm.
      let keepsakes = self.registry.keepsakes(at: now, time: self.clock.upperBound(at: now) ?? 0)
      if !keepsakes.isEmpty {
        self.logger.notice(
          "Redis has changed: putting back reservations and outcomes", metadata: ["count": "\(keepsakes.count)"])
      }
      self.node.putsBack(Set(keepsakes.map(\.record.head.token)), epoch)
      Restoration(
        keepsakes, on: eventLoop, isCurrent: { self.node.isCurrent(epoch) },
        send: { self.send($1, $0, connection, timeout: nil, $2) },
        done: {
          self.node.putBack(epoch)
          self.claimAgain(epoch, on: eventLoop) { self.node.restored(epoch, on: eventLoop) }
        }
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

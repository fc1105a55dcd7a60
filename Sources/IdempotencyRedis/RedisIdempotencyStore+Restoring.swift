internal import HiredisNIO
internal import Idempotency
internal import Logging
internal import NIOCore

extension RedisIdempotencyStore {
  /// When the history that is connected takes an operation: everything once it has settled.
  ///
  /// Until then no reservation, and of owners' commands only those of owners whose records this process has put back and
  /// whose leases lived then.
  func admission(of operation: StoreOperation) -> RedisNode.Admission {
    if node.gate.isOpen { return .now }
    switch operation {
    case .reserve, .reclaim: return node.isDoubted ? .whenWritable : .whenSettled
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
    case .whenWritable: then(.failure(.doubted))
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
  ///
  /// First every connection of an earlier history is closed. One address may lead to two servers, as while a proxy moves
  /// from one to the other: what is sent to the old one is lost, and a reply of its that came now would say that
  /// something is safe that is not in the new one.
  func restore(_ epoch: Int, on eventLoop: any EventLoop) {
    // On the next tick the connection takes commands.
    client.closeConnections(labelledOtherThan: epoch, on: eventLoop).assumeIsolated().whenComplete { _ in
      guard self.node.isCurrent(epoch) else { return }
      let connection = self.client.connection(on: eventLoop)
      let now = BootInstant.now
      self.registry.historyChanged()
      let (keepsakes, owners) = self.registry.keepsakes(
        at: now, time: self.node.timeOfLostLeases(at: now))
      if !keepsakes.isEmpty {
        self.logger.notice(
          "Redis has changed: putting back reservations and outcomes", metadata: ["count": "\(keepsakes.count)"])
      }
      self.node.putsBack(owners, epoch)
      Restoration(
        keepsakes, on: eventLoop, isCurrent: { self.node.isCurrent(epoch) },
        send: { self.send($1, $0, connection, timeout: nil, $2) },
        refused: { failure in
          self.logger.error(
            "Redis refuses to take a record back: nothing is reserved until it does",
            metadata: ["reason": "\(failure)"])
        },
        done: {
          self.node.putBack(epoch)
          self.claimAgain(epoch, on: eventLoop) { self.node.restored(epoch, on: eventLoop) }
        }
      ).proceed()
    }
  }
}

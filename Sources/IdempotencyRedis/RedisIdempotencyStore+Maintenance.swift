internal import HiredisNIO
internal import Idempotency
internal import Logging
internal import NIOCore

/// What keeps the store's knowledge of its server true while the connections hold.
extension RedisIdempotencyStore {
  /// The server refused a write as a replica does: until it is known to have the same data, nothing is written.
  ///
  /// A new connection ends the doubt, too.
  func doubt(on eventLoop: any EventLoop) {
    guard let epoch = node.doubt() else { return }
    logger.notice("Redis refuses writes as a replica does: nothing is written until its data is known to be the same")
    dispelDoubt(epoch, on: eventLoop)
  }

  /// Asks the server's identity until there is no doubt about it, or another history is connected.
  private func dispelDoubt(_ epoch: Int, on eventLoop: any EventLoop) {
    identify(on: eventLoop) {
      guard self.node.isDoubted, self.node.isCurrent(epoch) else { return }
      eventLoop.assumeIsolated().scheduleTask(in: Self.pauseBetweenQuestions) {
        self.dispelDoubt(epoch, on: eventLoop)
      }
    }
  }

  /// Asks the server which history it has.
  ///
  /// - Parameters:
  ///   - eventLoop: The loop this is called on.
  ///   - then: Called on the loop when it has answered, or has not.
  private func identify(on eventLoop: any EventLoop, then: @escaping () -> Void) {
    info("replication", on: eventLoop) { text in
      switch text.map({ self.node.verify(info: $0) }) {
      case .another: self.reconnect(on: eventLoop)
      case .replica: self.doubt(on: eventLoop)
      case .same, nil: break
      }
      then()
    }
  }

  /// Checks again what must be true of the server: an operator may have changed its settings meanwhile.
  private func check(on eventLoop: any EventLoop) {
    info("default", on: eventLoop) { text in
      // New connections say why it is not used.
      if let text, !self.node.isFit(info: text) { self.reconnect(on: eventLoop) }
    }
  }

  private func info(_ section: String, on eventLoop: any EventLoop, then: @escaping (String?) -> Void) {
    client.connection(on: eventLoop).send({ writer in
      writer.begin("INFO", argumentCount: 1)
      writer.bulk(section)
    }) { result in
      then(try? result.get().string)
    }
  }

  /// Closes every connection: those that are made in their place learn what the server is.
  private func reconnect(on eventLoop: any EventLoop) {
    _ = client.closeConnections(labelledOtherThan: .min, on: eventLoop)
  }

  /// 100 ms: a failover takes longer, and a server answers in a tenth of a millisecond.
  private static let pauseBetweenQuestions = TimeAmount.milliseconds(100)
  /// How often an unsuspicious server is asked for its identity, in seconds.
  ///
  /// 1: a host that dies without a word is noticed by nothing else until the next command, and this process must be
  /// back, with what it puts back, before others have waited for `settle`. A server answers in some ten microseconds.
  private static let identityInterval: Int64 = 1
  /// How often the time is asked and the settings are checked, in seconds.
  private static let checkInterval: Int64 = 60

  /// Asks the server's identity every second; its time, and whether it is fit, every minute.
  ///
  /// The registry is cleared every minute, too. While no time is known it is asked every second.
  func maintain(on eventLoop: any EventLoop) async throws {
    var sinceCheck: Int64 = 0
    while true {
      try await Task.sleep(for: .seconds(Self.identityInterval))
      eventLoop.execute { self.identify(on: eventLoop) {} }
      sinceCheck += Self.identityInterval
      if node.clock.isKnown, sinceCheck < Self.checkInterval { continue }
      if sinceCheck >= Self.checkInterval {
        sinceCheck = 0
        eventLoop.execute { self.check(on: eventLoop) }
      }
      let contact = BootInstant.now
      if await sampleTime(on: eventLoop), let time = clock.upperBound(at: .now) {
        registry.sweep(contact: contact, time: time)
      }
    }
  }

  /// Asks the time.
  ///
  /// A round that fails leaves the offset as it is; the next connection takes another.
  /// - Returns: Whether the server has told it.
  private func sampleTime(on eventLoop: any EventLoop) async -> Bool {
    let connection = client.connection(on: eventLoop)
    let sampled = eventLoop.flatSubmit {
      NodeClock.sample(on: eventLoop) {
        let promise = eventLoop.makePromise(of: RESPValue.self)
        connection.send({ $0.begin("TIME", argumentCount: 0) }) { promise.completeWith($0.mapError { $0 }) }
        return promise.futureResult
      }
    }
    guard let sample = try? await sampled.get() else { return false }
    node.clock.set(sample)
    return true
  }
}

internal import HiredisNIO
internal import Idempotency
internal import Logging
internal import NIOCore
internal import NIOConcurrencyHelpers

/// The node that the store talks to: found fit, its clock known, its history recognised.
final class RedisNode: Sendable {
  let clock = NodeClock()
  let gate = ReservationGate()
  let readiness = Readiness()
  private let address: String
  private let settle: TimeAmount
  private let logger: Logger

  private struct History {
    var identity: NodeIdentity?
    /// Counts the histories seen; what was begun for an earlier one is void.
    var epoch = 0
    var firstSeen = BootInstant(nanoseconds: 0)
    /// Whose records this process puts back, or has put back, since this history began; nil until it knows.
    var returning: Set<OwnerToken>?
    /// All of them are back.
    var isWhole = false
    /// Why this history cannot be used, as long as it lasts.
    var refusal: RedisStoreError?
  }

  private let history = NIOLockedValueBox(History())
  /// Begins to put back what the node may have lost, on the event loop whose connection is ready now.
  private let changed = NIOLockedValueBox<(@Sendable (any EventLoop, _ epoch: Int) -> Void)?>(nil)

  init(address: String, settle: TimeAmount, logger: Logger) {
    self.address = address
    self.settle = settle
    self.logger = logger
  }

  /// Sets who is told when a node with another history is connected.
  func onChange(_ body: @escaping @Sendable (any EventLoop, _ epoch: Int) -> Void) {
    changed.withLockedValue { $0 = body }
  }

  /// What happens on every new connection before others' commands.
  func prepare(_ session: RedisSession) -> EventLoopFuture<Void> {
    // Without arguments: servers before 7.0 take one section at most, and their version must be read to be refused.
    let info = session.send("INFO").flatMapErrorThrowing { error in
      guard let refused = (error as? RedisError)?.serverError else { throw error }
      throw RedisStoreError(
        .infoRefused, "Redis at \(self.address) does not answer INFO (\(refused)): allow it with ACL `+info`")
    }
    let facts = info.flatMapThrowing { reply in
      let facts = ServerFacts(info: reply.string ?? "")
      try facts.check(address: self.address)
      return facts
    }
    facts.whenFailure { self.unfit($0) }
    return facts.flatMap { facts in
      NodeClock.sample(on: session.eventLoop) { session.send("TIME") }.map { sample in
        self.recognise(facts, sample, on: session.eventLoop)
      }
    }
  }

  /// What stands in this history forbids this process to use it: its gate stays closed, whoever waits learns why.
  func refuse(_ error: RedisStoreError, in epoch: Int) {
    let isCurrent = history.withLockedValue { history in
      if history.epoch == epoch { history.refusal = error }
      return history.epoch == epoch
    }
    if isCurrent { unfit(error) }
  }

  private func unfit(_ error: any Error) {
    guard let error = error as? RedisStoreError else { return }
    logger.error("Redis cannot be used", metadata: ["reason": "\(error.message)"])
    // Loading ends by itself; whoever waits goes on waiting.
    if error.code != .loading { readiness.failed(error) }
  }

  /// A fit node is connected; finds out whether its history is the one that was known.
  private func recognise(_ facts: ServerFacts, _ sample: NodeClock.Sample?, on eventLoop: any EventLoop) {
    let (epoch, isNew) = history.withLockedValue { history in
      let isNew = history.identity != facts.identity
      if isNew {
        history.identity = facts.identity
        history.epoch += 1
        history.firstSeen = .now
        history.returning = nil
        history.isWhole = false
        history.refusal = nil
        gate.close()
        clock.reset()
      }
      return (history.epoch, isNew)
    }
    if let sample { clock.set(sample) }
    if isNew || readiness.failure != nil { readiness.unsettled() }
    // Every connection comes by here; one that is made later must not make the reason forgotten.
    if let refusal = history.withLockedValue({ $0.refusal }) { return readiness.failed(refusal) }
    guard isNew else { return settled(epoch, on: eventLoop) }
    logger.info("Redis has a history not seen before", metadata: ["runID": "\(facts.identity.runID)"])
    if !facts.isAppendOnly {
      logger.warning(
        "Redis keeps no append-only file: a crash loses records; set `appendonly yes` and `appendfsync always`")
    }
    let changed = changed.withLockedValue { $0 }
    changed?(eventLoop, epoch)
  }

  /// What was begun is void: the store is shut down.
  func retire() { history.withLockedValue { $0.epoch += 1 } }

  /// Whether `epoch` is still the history that is connected.
  func isCurrent(_ epoch: Int) -> Bool { history.withLockedValue { $0.epoch == epoch } }

  /// Whether an owner may go on before this history has settled.
  ///
  /// Before it is put back, its command would find an earlier record, and take that for the truth. And an owner that has
  /// nothing to put back, because its lease is over or it never knew that it held the key, would write its own record in
  /// the place of one that another process is about to put back.
  func admission(of owner: OwnerToken) -> Admission {
    history.withLockedValue { history in
      guard let returning = history.returning else { return .whenWhole }
      guard returning.contains(owner) else { return .whenSettled }
      return history.isWhole ? .now : .whenWhole
    }
  }

  /// When an owner may go on.
  enum Admission {
    case now
    /// All that this process holds is on its way back: a moment.
    case whenWhole
    /// The gate must be open: seconds.
    case whenSettled
  }

  /// This process begins to put back the records of these owners.
  func putsBack(_ owners: Set<OwnerToken>, _ epoch: Int) {
    history.withLockedValue { if $0.epoch == epoch { $0.returning = owners } }
  }

  /// What this process held stands in the store again.
  func putBack(_ epoch: Int) {
    history.withLockedValue { if $0.epoch == epoch { $0.isWhole = true } }
  }

  /// Everything was put back: the gate opens when the node has settled.
  func restored(_ epoch: Int, on eventLoop: any EventLoop) {
    history.withLockedValue { history in
      guard history.epoch == epoch else { return }
      gate.open(at: BootInstant(nanoseconds: history.firstSeen.nanoseconds + settle.nanoseconds))
    }
    settled(epoch, on: eventLoop)
  }

  /// Ready as soon as the gate is open and the time is known.
  private func settled(_ epoch: Int, on eventLoop: any EventLoop) {
    guard isCurrent(epoch), !readiness.isReady, let opening = gate.opening else { return }
    let rest = opening.nanoseconds - BootInstant.now.nanoseconds
    if rest <= 0, clock.isKnown { return readiness.ready() }
    // The time is asked again every second.
    eventLoop.scheduleTask(in: rest > 0 ? .nanoseconds(rest) : .seconds(1)) { self.settled(epoch, on: eventLoop) }
  }
}

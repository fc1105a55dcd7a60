internal import HiredisNIO
internal import Idempotency
internal import Logging
internal import NIOCore
internal import NIOConcurrencyHelpers

/// The node that the store talks to: found fit, its clock known, its history recognised.
final class RedisNode: Sendable {
  let clock: NodeClock
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
    /// The owners that may go on when all is back that this process puts back; nil until it knows.
    var returning: Set<OwnerToken>?
    /// All of them are back.
    var isWhole = false
    /// All is back and every claim is made again: only time keeps the gate shut.
    var isRestored = false
    /// The server has refused writes as a replica does: its data may be another's by now.
    var isDoubted = false
    /// Why this history cannot be used, as long as it lasts.
    var refusal: RedisStoreError?
    /// When it was first seen, by the clock of the history before it; nil where that is not known.
    var formerTime: Int64?
  }

  private let history = NIOLockedValueBox(History())
  /// Begins to put back what the node may have lost, on the event loop whose connection is ready now.
  private let changed = NIOLockedValueBox<(@Sendable (any EventLoop, _ epoch: Int) -> Void)?>(nil)

  init(address: String, settle: TimeAmount, logger: Logger) {
    self.address = address
    self.settle = settle
    self.logger = logger
    self.clock = NodeClock(logger: logger)
  }

  /// Sets the closure that is called when a node with another history is connected.
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
      let facts = try ServerFacts(reply: reply, address: self.address)
      try facts.check(address: self.address)
      return facts
    }
    facts.whenFailure { self.unfit($0) }
    return facts.flatMap { facts in
      NodeClock.sample(on: session.eventLoop) { session.send("TIME") }.map { sample in
        // Before any other connection can hear of it: the store closes those of other histories.
        self.recognise(facts, sample, on: session.eventLoop) { session.label($0) }
      }
    }
  }

  /// A record in this history forbids this process to use it: its gate stays closed, and waiting callers are told why.
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
    // Loading ends by itself; callers that wait go on waiting.
    if error.code != .loading { readiness.failed(error) }
  }

  /// A fit node is connected; finds out whether its history is the one that was known.
  ///
  /// - Parameters:
  ///   - facts: What the server says of itself.
  ///   - sample: Its time; nil where no sample was good.
  ///   - eventLoop: The loop this is called on.
  ///   - label: Gets the number of the history, before anything is done about it.
  private func recognise(
    _ facts: ServerFacts, _ sample: NodeClock.Sample?, on eventLoop: any EventLoop, label: (Int) -> Void
  ) {
    let (epoch, isNew) = history.withLockedValue { history in
      let isNew = history.identity != facts.identity
      if isNew {
        gate.close()
        let now = BootInstant.now
        let formerTime = clock.upperBound(at: now)
        clock.reset()
        history = History(
          identity: facts.identity, epoch: history.epoch + 1, firstSeen: now, formerTime: formerTime)
      } else {
        endDoubt(&history)
      }
      return (history.epoch, isNew)
    }
    label(epoch)
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

  /// The store's time, by which leases of a lost history are certainly alive if they are: the later of its own clock and
  /// of the present one, which may be another machine's; nil where either is not known.
  func timeOfLostLeases(at now: BootInstant) -> Int64? {
    let (former, firstSeen) = history.withLockedValue { ($0.formerTime, $0.firstSeen) }
    guard let former, let present = clock.upperBound(at: now) else { return nil }
    return max(present, former + max(0, now.milliseconds(since: firstSeen)))
  }

  // MARK: Doubt

  /// The server refused a write as a replica does.
  ///
  /// A replica takes its primary's data in place of its own, and may be a primary again a moment later, over the same
  /// connection: until its identity was asked for, nothing is written.
  /// - Returns: The history that is in doubt; nil where it was before.
  func doubt() -> Int? {
    history.withLockedValue { history in
      if history.isDoubted { return nil }
      history.isDoubted = true
      gate.close()
      return history.epoch
    }
  }

  /// Whether the history that is connected is in doubt.
  var isDoubted: Bool { history.withLockedValue { $0.isDoubted } }

  /// Compares what a server says of itself with the history that is known; the same one ends the doubt about it.
  ///
  /// - Parameter info: The answer to `INFO replication` of a connection that was made in the history that is known: its
  ///   process is the same, and so is its run id.
  /// - Returns: What it is. Another history is only recognised by a new connection.
  func verify(info: String) -> Verdict {
    let facts = ServerFacts(info: info)
    guard facts["role"] == "master" else { return .replica }
    let (isSame, wasDoubted) = history.withLockedValue { history in
      let isSame = history.identity?.replicationID == facts.identity.replicationID
      return (isSame, isSame && endDoubt(&history))
    }
    if wasDoubted { logger.notice("Redis takes writes again, with the same data") }
    return isSame ? .same : .another
  }

  /// The server has the data that is known: what it takes now is taken again.
  ///
  /// - Returns: Whether there was a doubt.
  @discardableResult
  private func endDoubt(_ history: inout History) -> Bool {
    guard history.isDoubted else { return false }
    history.isDoubted = false
    if history.isRestored { gate.open(at: opening(history)) }
    return true
  }

  /// Whether a server that was asked for its identity is the known one, another, or a replica.
  enum Verdict { case same, another, replica }

  /// Checks again what a server must be to be used.
  ///
  /// - Parameter info: The answer to `INFO`.
  /// - Returns: Whether it may be used on.
  func isFit(info: String) -> Bool {
    let facts = ServerFacts(info: info)
    do {
      try facts.check(address: address)
      return true
    } catch {
      // A replica is doubted, and still answers what it has; see `verify`.
      return error.code == .notPrimary || error.code == .loading
    }
  }

  // MARK: Putting back

  /// Whether an owner may go on before this history has settled.
  ///
  /// Before it is put back, its command would find an earlier record, and take that for the truth. And an owner that has
  /// nothing to put back, because it never knew that it held the key, or whose lease was over, would write its own record
  /// in the place of one that another process is about to put back (Tests/Model: put-lapsed-acts-early).
  func admission(of owner: OwnerToken) -> Admission {
    history.withLockedValue { history in
      if history.isDoubted { return .whenWritable }
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
    /// The server must take writes again.
    case whenWritable
  }

  /// This process begins to put back what it holds; these owners may go on when all of it is back.
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
      history.isRestored = true
      if !history.isDoubted { gate.open(at: opening(history)) }
    }
    settled(epoch, on: eventLoop)
  }

  private func opening(_ history: History) -> BootInstant {
    BootInstant(nanoseconds: history.firstSeen.nanoseconds + settle.nanoseconds)
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

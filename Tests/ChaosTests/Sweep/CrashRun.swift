import HiredisNIO
import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

/// One case of the sweep: a worker of its own that dies at its point, and a client that goes on at worker B.
struct CrashRun: Sendable {
  let crash: CrashCase
  let fleet: Fleet
  let ledger: Ledger
  let customer: Customer

  /// Only a worker that does not die takes longer: no way to a point has more waits than a silence and a late answer.
  private static let limit = Duration.seconds(15)

  init(_ crash: CrashCase, _ fleet: Fleet, _ ledger: Ledger) {
    self.crash = crash
    self.fleet = fleet
    self.ledger = ledger
    customer = Customer(fleet: fleet, recorder: Recorder())
  }

  /// Has worker A die and the client retry.
  func run() async throws {
    let needsRefusal = crash.way == .releasedBefore || crash.way == .refused
    let order = Order(key: freshKey() + (needsRefusal ? Ledger.releasedFirst : ""))
    let trap = trap(for: order)
    let proxy = try await FaultProxy.start(port: fleet.redis.port)
    var options = fleet.options
    options.originTimeout = .seconds(2)
    // A poll fits in.
    if isWaiting { options.onInProgress = .wait(upTo: .milliseconds(1_800)) }
    let doomed = try await fleet.start(
      options, redis: proxy.address, environment: ["IDEMPOTENCY_CRASH_AT": crash.setting])
    defer { doomed.abort() }
    let other = try await prepare(order, trap)
    if !crash.losing.isEmpty {
      _ = await proxy.loseReplies(toCommandsWith: crash.losing + [order.key], count: crash.losses)
    }
    let first = Task { await customer.ask(order, of: doomed) }
    if crash.way == .waitingStopped || crash.way == .waitingLeft {
      try await holds("A waits") {
        try await fleet.redis.command("PUBSUB", "SHARDCHANNELS", "*\(order.key)").array?.isEmpty == false
      }
      if crash.way == .waitingStopped { await doomed.beginStopping() } else { first.cancel() }
    }
    let status = try await within(Self.limit, "A dies at \(crash.setting)") { await doomed.ended() }
    #expect(status == 137, "A came to another end than at \(crash.setting):\n\(doomed.output)")
    trap?.open()
    _ = await (first.value, other?.value)
    await customer.persist(order, isProbe: true)
    await proxy.stop()
    try await check(order)
  }

  private var isWaiting: Bool { [.waiting, .waitingStopped, .waitingLeft].contains(crash.way) }

  private func trap(for order: Order) -> Trap? {
    let trap: Trap? =
      switch crash.way {
      case .silent, .waiting, .waitingStopped, .waitingLeft: Trap(.afterEffect)
      case .broken: Trap(.afterEffect, ending: .resets)
      case .plain, .releasedBefore, .refused: nil
      }
    if let trap { ledger.catches(order.key, in: trap) }
    if crash.way == .broken { trap?.open() }
    return trap
  }

  /// What must have happened at worker B before A gets its request.
  private func prepare(_ order: Order, _ trap: Trap?) async throws -> Task<Customer.Outcome, Never>? {
    if crash.way == .releasedBefore {
      guard case .answered(let answer) = await customer.ask(order, at: 0), answer.status == .released else {
        throw HarnessError("the key was not released")
      }
    }
    guard isWaiting else { return nil }
    let other = Task { await customer.ask(order, at: 0) }
    try await trap?.caught()
    return other
  }

  /// At most one effect for each attempt, the state that the point leaves, a time to live, and nothing that the checker
  /// objects to.
  private func check(_ order: Order) async throws {
    let calls = customer.recorder.calls
    let effects = ledger.effects(of: order.key)
    let last = calls.last { $0.isProbe }?.answer
    let record = try await fleet.redis.record(of: order.key)
    #expect(record.ttl > 0)
    #expect(effects.count <= (crash.end == .takenOver ? 2 : 1))
    switch crash.end {
    case .executed:
      #expect(last?.status == .executed && last?.isPending == false && effects.map(\.nonce) == [last?.echo])
      #expect(record.state == "C")
    case .replayed:
      #expect(last?.status == .replayed && effects.map(\.body) == [last?.body])
      #expect(record.state == "C")
    case .uncertain:
      #expect(last?.status == .uncertain && last?.code == 409)
      #expect(record.state == "U")
    case .settled:
      #expect(last?.status == .replayed && last?.code == 500)
      #expect(record.state == "C")
    case .takenOver:
      #expect(last?.status == .executed && effects.last.map(\.nonce) == last?.echo)
      // What A may have had it done as, and what B had it done as.
      #expect(Set(effects.map(\.attempt)).count == effects.count && effects.last?.attempt == record.attempt)
      #expect(record.state == "C" && record.attempt == (crash.way == .releasedBefore ? 3 : 2))
    }
    var history = History(settings: .init(unknownOutcome: crash.choice, lease: fleet.options.lease.nanoseconds))
    history.calls = calls
    history.effects = effects
    history.healed = calls.first { $0.isProbe }?.invoked
    let violations = HistoryChecker(history).violations()
    #expect(violations.isEmpty, "\(violations)")
  }
}

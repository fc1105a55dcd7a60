import HiredisNIO
import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension Fault {
  /// Redis has lost everything, and workers' way back to it is not straight.
  static let returns: [Fault] = [
    Fault(
      name: "everything lost, lost again while it is put back", rules: "X2, X8, I1, I13",
      unprotected: .executeAgain, wait: .seconds(8),
      options: { outlasting(.seconds(12), &$0) },
      strike: { run in
        let subject = try await run.subject(at: 1, .afterEffect)
        let done = try await run.acknowledge(20)
        // Together longer than the window, which must not begin anew with what was put back.
        try await run.outage(.seconds(4), losing: .everything)
        try await holds("something is put back") { try await !run.fleet.recordNames().isEmpty }
        await run.redis.kill()
        try run.redis.eraseData()
        try await Task.sleep(for: .seconds(4))
        try await run.redis.restart()
        try await run.decided(subject.order, at: run.fleet.workers.indices)
        subject.trap.open()
        try await run.replayed(done)
      }),
    Fault(
      name: "putting back is cut off half-way", rules: "X2, X8, I1, I13", choices: [.hold, .store],
      unprotected: .executeAgain, wait: .seconds(2), needsOwnFleet: true,
      options: { outlasting(.seconds(2), &$0) },
      strike: { run in
        let subject = try await run.subject(at: 1, .afterEffect)
        let done = try await run.acknowledge(60)
        var cutters: [PutBackCutter] = []
        for proxy in run.fleet.proxies { cutters.append(await PutBackCutter.cuts(proxy, after: 8)) }
        try await run.outage(.milliseconds(500), losing: .everything)
        try await run.decided(subject.order, at: run.fleet.workers.indices)
        for proxy in run.fleet.proxies { await proxy.onBytes(.clientToServer, nil) }
        guard cutters.contains(where: { $0.hasCut }) else { throw HarnessError("nothing was cut off (I15)") }
        subject.trap.open()
        try await run.replayed(done)
      }),
    Fault(
      name: "a worker is killed while it puts back", rules: "X1, X8, I1, I13", choices: [.hold, .store],
      unprotected: .executeAgain, wait: .seconds(2), needsOwnFleet: true,
      options: { outlasting(.seconds(2), &$0) },
      strike: { run in try await run.diesPuttingBack() }),
    late(
      "a worker comes back after the others have settled", [.hold],
      leave: { run in
        await run.fleet.proxies[0].refuseConnections()
        await run.fleet.proxies[0].cut()
      }, comeBack: { run in try await run.fleet.proxies[0].acceptConnections() }),
    late(
      "worker suspended while everything is lost", [.hold, .executeAgain],
      leave: { run in try await run.fleet.workers[0].suspend() },
      comeBack: { run in run.fleet.workers[0].resume() }),
    Fault(
      name: "a worker looks for Redis in vain when it returns", rules: "X8, I1, I13", choices: [.hold],
      wait: .seconds(2), needsOwnFleet: true,
      options: { outlasting(.seconds(2), &$0) },
      strike: { run in try await run.looksInVain() }),
    Fault(
      name: "more outcomes than can be put back", rules: "X8, I1, I13", choices: [.hold],
      wait: .seconds(2), needsOwnFleet: true,
      options: { options in
        outlasting(.seconds(2), &options)
        options.putBackBytes = 1024 * 1024
      },
      strike: { run in try await run.exceeds() }),
  ]

  /// Worker 0 comes back later than `settle`: what it had done or was doing is not protected, and all else is.
  private static func late(
    _ name: String, _ choices: [UnknownOutcome], leave: @escaping @Sendable (Run) async throws -> Void,
    comeBack: @escaping @Sendable (Run) async throws -> Void
  ) -> Fault {
    Fault(
      name: name, rules: "X3, X8, X16, I1, I2, I7", choices: choices, unprotected: .executeAgain,
      wait: .seconds(2),
      options: { options in
        outlasting(.seconds(2), &options)
        // Patient for no longer than a soak's: its own request may be with a worker that is suspended.
        options.originTimeout = .seconds(25)
      },
      strike: { run in
        let subject = try await run.subject(at: 0, .afterEffect)
        let other = try await run.subject(at: 1, .afterEffect)
        let own = try await run.acknowledge(10, at: 0)
        let done = try await run.acknowledge(20, at: 1)
        try await leave(run)
        try await run.outage(.milliseconds(500), losing: .everything)
        run.forget(run.performed(by: 0), at: Instant.now)
        try await run.decided(other.order, at: run.fleet.workers.indices.dropFirst())
        // What it did is done again where somebody asks before it is back, and not where nobody does.
        try await run.decided(subject.order, at: [1])
        for order in own.prefix(5) { await run.customer.persist(order, from: 2) }
        try await comeBack(run)
        subject.trap.open()
        other.trap.open()
        try await run.decided(Order(), at: [0])
        try await run.replayed(done + own.prefix(5))
      })
  }
}

extension Run {
  /// Has worker 0 wait for an answer to its attempt to connect in the moment in which Redis returns.
  ///
  /// So it is when a machine, and not a process, is gone: nobody refuses. The attempt takes as long as it may, then comes
  /// the longest pause.
  fileprivate func looksInVain() async throws {
    let proxy = fleet.proxies[0]
    // Accepts connections and does not answer.
    let void = try await RedisServer.start()
    void.suspend()
    defer { void.resume() }
    let subject = try await subject(at: 0, .afterEffect)
    let done = try await acknowledge(10, at: 0)
    await proxy.connects(to: .tcp(host: "127.0.0.1", port: void.port))
    await proxy.cut()
    // Until its pauses are the longest.
    let attempts = await proxy.connectionCount
    await proxy.connections(atLeast: attempts + 6)
    let begun = try await outage(.milliseconds(100), losing: .everything)
    await proxy.connects(to: .tcp(host: "127.0.0.1", port: redis.port))
    try await decided(subject.order, at: fleet.workers.indices)
    subject.trap.open()
    try await replayed(done)
    try await refused(since: begun)
    await void.stop()
  }

  /// Has worker 0 die when some of what it holds is back: that stays, and all else that it did is not protected.
  fileprivate func diesPuttingBack() async throws {
    let subject = try await subject(at: 1, .afterEffect)
    let own = try await acknowledge(60, at: 0)
    let done = try await acknowledge(20, at: 1)
    let worker = fleet.workers[0]
    let cutter = await PutBackCutter.cuts(fleet.proxies[0], after: 8) { worker.abort() }
    recorder.met("a worker ended")
    try await outage(.milliseconds(500), losing: .everything)
    try await within(.seconds(20), "worker 0 dies") { await worker.ended() }
    forget(performed(by: 0), at: Instant.now)
    await fleet.proxies[0].onBytes(.clientToServer, nil)
    guard cutter.hasCut else { throw HarnessError("it died before it put anything back (I15)") }
    try await decided(subject.order, at: fleet.workers.indices.dropFirst())
    for order in own { await customer.persist(order, from: 1) }
    let again = own.count { ledger.effects(of: $0.key).count > 1 }
    guard again > 0 else { throw HarnessError("all was put back: nothing was hit (I15)") }
    subject.trap.open()
    try await fleet.replace(0)
    try await replayed(done + own)
  }

  /// Has more outcomes acknowledged than workers may keep.
  ///
  /// Of an answer that does not fit, that the operation is done may be kept; what is dropped altogether is counted, and
  /// may run again.
  fileprivate func exceeds() async throws {
    let subject = try await subject(at: 1, .afterEffect)
    let wide = try await acknowledge(240, text: Ledger.wide)
    try await outage(.milliseconds(500), losing: .everything)
    forget(Set(acknowledged.map(\.key)), at: Instant.now)
    try await decided(subject.order, at: fleet.workers.indices)
    subject.trap.open()
    let later = Instant.now
    for order in wide { await customer.persist(order) }
    let keys = Set(wide.map(\.key))
    let again = keys.count { ledger.effects(of: $0).count > 1 }
    let isHit = recorder.calls.contains {
      keys.contains($0.key) && $0.invoked >= later && ($0.answer?.status == .notRetained || again > 0)
    }
    guard isHit else { throw HarnessError("all was put back: nothing was hit (I15)") }
    var dropped: Int64 = 0
    for worker in fleet.workers {
      let own = try await worker.counter("idempotency_put_back_dropped_total")
      let outcomes = own.filter { $0.key.contains("what=\"outcome\"") }.values.reduce(0, +)
      dropped += outcomes
      let lines = worker.lineCount(with: "more than can be put back")
      if lines != (outcomes > 0 ? 1 : 0) {
        recorder.complain("X8", "a worker dropped \(outcomes) outcomes and said so \(lines) times")
      }
    }
    if again > dropped { recorder.complain("X8", "\(again) ran again, and \(dropped) were counted as dropped") }
  }
}

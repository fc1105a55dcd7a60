import Foundation
import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

/// A fleet under load while a fault strikes, and what was seen of it.
final class Run: Sendable {
  let fleet: Fleet
  let ledger = Ledger()
  let recorder = Recorder()
  let customer: Customer
  private let load: Load

  /// How many orders are done before a fault strikes, and after it.
  private static let warmUp = 80

  init(_ fleet: Fleet) {
    self.fleet = fleet
    customer = Customer(fleet: fleet, recorder: recorder)
    load = Load(customer)
  }

  var redis: RedisServer { fleet.redis }

  /// Has a fault strike a fleet under load, waits until every key has settled, and checks all that was seen.
  static func strike(_ fault: Fault, _ fleet: Fleet) async throws -> Report {
    let run = Run(fleet)
    await run.idle()
    let counted = try await run.counts()
    fleet.originAnswers { try await run.ledger.take($0) }
    run.load.begin()
    do {
      try await run.recorder.settled(atLeast: warmUp)
      try await fault.strike(run)
    } catch {
      run.ledger.mode(.answers)
      run.ledger.openAll()
      await run.load.end()
      throw error
    }
    let healed = Instant.now
    run.ledger.openAll()
    try await run.recorder.settled(atLeast: run.recorder.calls.count { $0.isForGood } + warmUp / 2)
    await run.load.end()
    let settled = await run.settle()
    return try await run.report(fault, counted: counted, healed: healed, settled: settled)
  }

  /// Asks for every key until it has settled.
  /// - Returns: When the last one had.
  private func settle() async -> Int64 {
    let customer = customer
    let waiting = Watched(recorder.orders)
    // As many at once as a busy client has connections.
    _ = try? await inParallel(0..<16) { _ in
      while let order = waiting.update({ $0.popLast() }) { await customer.persist(order, isProbe: true) }
    }
    return Instant.now
  }

  /// Waits until no worker has anything left to do of a run before this one, which would be counted in this one.
  private func idle() async {
    for worker in fleet.workers {
      _ = try? await eventually(within: .seconds(3)) {
        try await worker.counter("idempotency_exchanges_running").values.allSatisfy { $0 == 0 } ? true : nil
      }
    }
  }

  /// The workers' own counts since they started, added up; nil where one has died.
  private func counts() async throws -> [String: Int64]? {
    var counts: [String: Int64] = [:]
    for worker in fleet.workers {
      guard worker.exitStatus == nil, let own = try await worker.requests(policy: "payments") else { return nil }
      counts.merge(own) { $0 + $1 }
    }
    return counts
  }

  /// What the workers counted in this run alone (I14).
  func counted(since before: [String: Int64]?) async throws -> [String: Int64]? {
    guard let before, let now = try await counts() else { return nil }
    let counts = now.merging(before) { $0 - $1 }
    // A worker that was replaced began to count anew.
    return counts.values.contains { $0 < 0 } || recorder.situations.contains("a worker ended") ? nil : counts
  }
}

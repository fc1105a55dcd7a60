import IdempotencyTesting
import Testing
@testable import Harness

/// An order that a fault is aimed at, its first request on its way at a worker.
struct Subject: Sendable {
  let order: Order
  let trap: Trap
  /// What came of the first request; its client then goes on until it has an answer for good.
  let first: Task<Customer.Outcome, Never>
  let end: Task<Bool, Never>
}

extension Run {
  /// Sends a request to a worker, and returns when the origin holds it.
  func subject(at place: Int, _ stage: Trap.Stage, ending: Trap.Ending = .answers) async throws -> Subject {
    let customer = customer
    // The request may meet another fault on its way: then it is tried with another one.
    for _ in 0..<5 {
      let order = Order()
      let trap = Trap(stage, ending: ending)
      ledger.catches(order.key, in: trap)
      let first = Task { await customer.ask(order, at: place) }
      let end = Task {
        _ = await first.value
        return await customer.persist(order)
      }
      let subject = Subject(order: order, trap: trap, first: first, end: end)
      if (try? await trap.caught()) != nil { return subject }
      trap.open()
    }
    throw HarnessError("no request reached the origin through worker \(place)")
  }

  /// Sends several requests to a worker, and returns when the origin holds them all.
  func subjects(at place: Int, _ stage: Trap.Stage, ending: Trap.Ending = .answers) async throws -> [Subject] {
    try await inParallel(0..<3) { _ in try await self.subject(at: place, stage, ending: ending) }
  }

  /// Does something to a fleet again and again until it has hit something.
  func insist(_ what: String, _ strike: () async throws -> Bool) async throws {
    for _ in 0..<8 {
      try Task.checkCancellation()
      if try await strike() { return }
    }
    throw HarnessError("\(what): nothing was hit, the run proves nothing (I15)")
  }

  /// The record of a key, which must exist.
  func record(of key: String) async throws -> RedisRecord {
    try await redis.record(of: key)
  }
}

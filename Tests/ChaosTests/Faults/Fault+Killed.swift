import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// A worker's process is killed or stopped.
  static let killed: [Fault] = [
    Fault(
      name: "worker killed before the effect", rules: "X1, I1", choices: [.hold, .store, .executeAgain],
      strike: { run in
        let subjects = try await run.subjects(at: 0, .beforeEffect, ending: .resets)
        try await run.kill(0)
        // The origin notices, and does nothing.
        for subject in subjects { subject.trap.open() }
        for subject in subjects { try await run.lost(subject) }
      }),
    Fault(
      name: "worker killed after the effect", rules: "X1, I1", choices: [.hold, .store, .executeAgain],
      strike: { run in
        let subjects = try await run.subjects(at: 0, .afterEffect)
        try await run.kill(0)
        for subject in subjects { subject.trap.open() }
        for subject in subjects { try await run.lost(subject) }
      }),
    Fault(
      name: "worker killed after the store write", rules: "X1, X7, I13",
      strike: { run in
        let subjects = try await run.subjects(at: 0, .afterEffect)
        // Whatever Redis says from now on, the worker does not hear it.
        await run.fleet.proxies[0].stall(.serverToClient)
        for subject in subjects { subject.trap.open() }
        for subject in subjects {
          try await holds("the answer is stored") { try await run.record(of: subject.order.key).state == "C" }
        }
        try await run.kill(0)
        await run.fleet.proxies[0].resume(.serverToClient)
        for subject in subjects { try await run.lost(subject) }
      }),
    Fault(
      name: "all workers killed at once", rules: "X1, I1", choices: [.hold, .store, .executeAgain],
      strike: { run in
        let subjects = try await inParallel(run.fleet.workers.indices) { try await run.subject(at: $0, .afterEffect) }
        _ = try await inParallel(run.fleet.workers.indices) { try await run.kill($0) }
        for subject in subjects { subject.trap.open() }
        for subject in subjects { try await run.lost(subject) }
        try await run.fleet.replaceDead()
      }),
    Fault(
      name: "worker stopped past its lease", rules: "X3, X16, I6, I7", choices: [.hold, .store, .executeAgain],
      strike: { run in
        let subject = try await run.subject(at: 0, .afterEffect)
        let worker = run.fleet.workers[0]
        try await worker.suspend()
        try await run.redis.leaseIsOver(try await run.record(of: subject.order.key))
        // Another worker finds the lease over.
        let key = subject.order.key
        try await holds("another worker decides") {
          _ = await run.customer.ask(subject.order, at: 1)
          return try await run.record(of: key).state != "R" || run.ledger.effects(of: key).count > 1
        }
        worker.resume()
        subject.trap.open()
      }),
  ]
}

extension Run {
  /// Kills a worker.
  func kill(_ place: Int) async throws {
    recorder.met("a worker ended")
    await fleet.workers[place].kill()
  }

  /// Demands that a subject's first request has no answer.
  func lost(_ subject: Subject) async throws {
    guard case .lost = await subject.first.value else {
      throw HarnessError("the killed worker had answered: nothing was hit (I15)")
    }
  }
}

import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// The clock by which leases are judged is Redis' own, and an administrator or NTP may step it.
  ///
  /// A step forward ends every lease at once: under execute-again the next attempt is legitimate then, and the fencing
  /// number protects; under hold the outcome becomes uncertain until the answer is there.
  static let clocks: [Fault] = [
    Fault(
      name: "Redis' clock steps by an hour, forward and back", rules: "X13, I1, I2, I13",
      choices: [.hold, .store, .executeAgain], needsOwnFleet: true,
      options: { options in
        options.stepsRedisClock = true
        // What is done must not end with the step.
        options.retention = .seconds(86_400)
        // Longer than this run: it ends by steps alone.
        options.lease = .seconds(20)
      },
      strike: { run in
        for offset in [3_600, 0, -3_600, 0] as [Int64] {
          let subject = try await run.subject(at: 0, .afterEffect)
          let record = try await run.record(of: subject.order.key)
          let done = try await run.acknowledge(5)
          let before = try await run.redisTime()
          try run.fleet.clock?.step(to: offset)
          let step = try await run.redisTime() - before
          guard abs(step) > 3_500_000 else { throw HarnessError("the clock did not step: nothing was hit (I15)") }
          // A new connection looks at the clock.
          await run.fleet.proxies[1].cut()
          try await run.decided(subject.order, at: [1, 2])
          let isOver = try await run.redisTime() >= record.leaseDeadline
          run.recorder.met(isOver ? "a step ended a lease" : "a step made a lease longer")
          subject.trap.open()
          try await run.replayed(done)
          _ = await subject.end.value
        }
      })
  ]
}

extension Run {
  /// Redis' time in milliseconds.
  fileprivate func redisTime() async throws -> Int64 { try await fleet.redisTime() }
}

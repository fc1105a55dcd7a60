import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// Redis is killed with SIGKILL while operations run, and comes back with what it had written, or with less.
  static let persistence: [Fault] = [
    Fault(
      name: "Redis killed, AOF everysec", rules: "X8, I13", choices: [.hold, .executeAgain], options: aof("everysec"),
      strike: { run in try await run.killRedis(losesNothing: false) }),
    Fault(
      name: "Redis killed, AOF always", rules: "X8, I13", choices: [.hold, .executeAgain], options: aof("always"),
      strike: { run in try await run.killRedis(losesNothing: true) }),
  ]

  static func aof(_ policy: String) -> @Sendable (inout FleetOptions) -> Void {
    { options in
      options.redis.appendOnly = true
      options.redis.extraArguments = ["--appendfsync", policy]
      options.settle = FleetOptions.shortestSettle
    }
  }
}

extension Run {
  /// Kills Redis while an operation runs, brings it back, and has the operation end.
  fileprivate func killRedis(losesNothing: Bool) async throws {
    let subject = try await subject(at: 1, .afterEffect)
    await customer.persist(Order())
    let acknowledged = acknowledged
    let begun = Instant.now
    await redis.kill()
    let log = try redis.copyLog()
    try await redis.restart()
    let lost = try await forgotten(acknowledged, at: begun, by: log)
    guard !losesNothing || lost == 0 else {
      throw HarnessError("with AOF always, \(lost) acknowledged answers were lost")
    }
    // Each is found in its record again at the end of the run.
    if lost > 0 { recorder.met("lost answer restored") }
    try await refused(since: begun)
    subject.trap.open()
    await toldAsExecuted(subject, rule: "X5")
  }
}

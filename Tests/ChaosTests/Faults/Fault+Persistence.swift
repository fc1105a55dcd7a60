import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// Redis is killed with SIGKILL while operations run, and comes back with what it had written, or with less.
  static let persistence: [Fault] = [
    Fault(
      name: "Redis killed, AOF everysec", rules: "X8, I13", choices: [.hold, .executeAgain], options: aof("everysec"),
      strike: { run in try await run.killRedis(losing: .whatever) }),
    Fault(
      name: "Redis killed, AOF always", rules: "X8, I13", choices: [.hold, .executeAgain], options: aof("always"),
      strike: { run in try await run.killRedis(losing: .nothing) }),
    // As everysec may where the disk is slow. Under execute-again an owner whose lease is over puts nothing back.
    Fault(
      name: "Redis killed, last writes lost", rules: "X8, I1, I13", choices: [.hold, .store],
      unprotected: .executeAgain, options: aof("everysec"),
      strike: { run in try await run.killRedis(losing: .lastWrites) }),
  ]

  private static func aof(_ policy: String) -> @Sendable (inout FleetOptions) -> Void {
    { options in
      options.redis.appendOnly = true
      options.redis.extraArguments = ["--appendfsync", policy]
      options.settle = FleetOptions.shortestSettle
    }
  }
}

/// What of its last writes a killed Redis has lost.
private enum Loss {
  case nothing, whatever, lastWrites
}

extension Run {
  /// Less than the five seconds for which workers remember what was acknowledged, with time to find Redis again.
  private static let lossLimit = Duration.seconds(1)

  /// Kills Redis while an operation runs, brings it back, and has the operation end.
  fileprivate func killRedis(losing loss: Loss) async throws {
    let (subject, mark) = try await freshSubject()
    let acknowledged = recorder.calls.filter { $0.answer?.status == .executed && $0.answer?.isPending == false }
    let begun = Instant.now
    await redis.kill()
    if loss == .lastWrites { try redis.truncateLog(to: mark) }
    let log = try redis.copyLog()
    // Soon: workers remember for seconds.
    try await redis.restart()
    let lost = try await forgotten(acknowledged, at: begun, by: log)
    switch loss {
    case .nothing where lost > 0: throw HarnessError("with AOF always, \(lost) acknowledged answers were lost")
    case .lastWrites where lost == 0: throw HarnessError("no acknowledged answer was lost: nothing was hit (I15)")
    default: break
    }
    // Each is found in its record again at the end of the run.
    if lost > 0 { recorder.met("lost answer restored") }
    try await refused(since: begun)
    subject.trap.open()
    guard case .answered(let answer) = await subject.first.value, answer.status == .executed else {
      throw HarnessError("an operation that ran while Redis was away was not told as executed")
    }
  }

  /// An operation that runs, reserved not long ago, and how long Redis's log was just before some others were done.
  private func freshSubject() async throws -> (Subject, mark: Int) {
    for _ in 0..<8 {
      let mark = try redis.logLength()
      let begun = ContinuousClock.now
      let subject = try await subject(at: 1, .afterEffect)
      await customer.persist(Order())
      if ContinuousClock.now - begun < Self.lossLimit { return (subject, mark) }
      subject.trap.open()
    }
    throw HarnessError("the machine is too busy: what workers remember would be over before Redis is back")
  }

  /// Looks what Redis had kept when it came back, by a copy of its log, and writes down what of acknowledged answers it has not.
  ///
  /// Between its return and their owner's putting them back, others find what stood before: a reservation.
  /// - Returns: How many answers are lost.
  private func forgotten(_ acknowledged: [History.Call], at time: Int64, by log: String) async throws -> Int {
    let kept = try await RedisServer.records(in: log)
    guard var reservation = kept.values.first else { throw HarnessError("Redis has kept no record") }
    reservation.state = .reserved
    let lost = Set(acknowledged.map(\.key)).filter { kept[$0]?.state != .completed }
    let first = Dictionary(recorder.calls.map { ($0.key, $0.invoked) }, uniquingKeysWith: min)
    for key in lost {
      recorder.forgot(
        [first[key] ?? time, time].map {
          History.State(key: key, time: $0, head: reservation, isForgotten: true)
        })
    }
    return lost.count
  }
}

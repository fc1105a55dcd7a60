import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension Fault {
  /// Redis is away for a while, and comes back without all it had, or without the end of it.
  ///
  /// What was acknowledged in the window before the last contact is replayed by every worker, and what runs, runs once:
  /// its lease ends in every outage but the shortest.
  static let outages: [Fault] = [
    outage("0.2 s", .milliseconds(200), losesAll: true, [.hold, .executeAgain]),
    outage("2 s", .seconds(2), losesAll: true, [.store]),
    outage("6 s", .seconds(6), losesAll: true, [.hold, .executeAgain]),
    outage("15 s", .seconds(15), losesAll: true, [.hold]),
    outage("0.2 s", .milliseconds(200), losesAll: false, [.hold, .store]),
    outage("2 s", .seconds(2), losesAll: false, [.executeAgain]),
    outage("6 s", .seconds(6), losesAll: false, [.hold]),
    outage("15 s", .seconds(15), losesAll: false, [.store]),
  ]

  /// Those that are too long for a run of every day.
  static let longOutages: [Fault] = [
    outage("25 s", .seconds(25), losesAll: true, [.hold, .store]),
    outage("25 s", .seconds(25), losesAll: false, [.hold, .store]),
  ]

  private static func outage(
    _ text: String, _ length: Duration, losesAll: Bool, _ choices: [UnknownOutcome]
  ) -> Fault {
    Fault(
      name: (losesAll ? "everything lost" : "last writes lost") + ", away \(text)", rules: "X2, X8, I1, I2, I13",
      choices: choices, unprotected: .executeAgain, wait: length,
      options: { outlasting(length, &$0) },
      strike: { run in try await run.comesBack(after: length, losesAll: losesAll) })
  }

  /// A log, time to settle, an origin that may be silent for as long as it takes, and under execute-again a lease that
  /// outlasts it: there nobody puts back a reservation whose lease is over.
  static func outlasting(_ length: Duration, _ options: inout FleetOptions) {
    aof("everysec")(&options)
    options.originTimeout = Run.needed(length, options)
    if options.unknownOutcome == .executeAgain { options.lease = options.originTimeout }
  }
}

extension Run {
  /// From the beginning of an outage until everybody takes reservations again, on a busy machine.
  fileprivate static func needed(_ length: Duration, _ options: FleetOptions) -> Duration {
    length + Duration(options.settle) + .seconds(10)
  }

  /// A log that ends here, a running operation and some that were just acknowledged, all within what workers keep.
  fileprivate func fresh() async throws -> (mark: Int, subject: Subject, done: [Order]) {
    for _ in 0..<8 {
      let begun = ContinuousClock.now
      let mark = try redis.logLength()
      let subject = try await subject(at: 1, .afterEffect)
      let done = try await acknowledge(20)
      if ContinuousClock.now - begun < Self.window / 2 { return (mark, subject, done) }
      subject.trap.open()
    }
    throw HarnessError("the machine is too busy: what workers keep would be over before Redis is lost")
  }

  fileprivate func comesBack(after length: Duration, losesAll: Bool) async throws {
    let (mark, subject, done) = try await fresh()
    // In a soak the origin may be silent for less: it answers while Redis is away.
    let silence = fleet.options.originTimeout
    let isHeld = silence >= Self.needed(length, fleet.options)
    let begun = try await outage(
      length, losing: losesAll ? .everything : .end(mark: mark), after: min(length, silence) / 2
    ) {
      if !isHeld { subject.trap.open() }
    }
    try await refused(since: begun)
    // A retry in the moment in which a worker takes reservations again: the first request still runs.
    try await decided(subject.order, at: fleet.workers.indices)
    recorder.met("lost reservation restored")
    subject.trap.open()
    try await replayed(done)
    await toldAsExecuted(subject, rule: "X2")
  }
}

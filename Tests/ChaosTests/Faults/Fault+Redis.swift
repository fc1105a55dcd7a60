import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension Fault {
  /// Redis pauses, dies, forgets or refuses.
  static let redis: [Fault] = [
    Fault(
      name: "CLIENT PAUSE", rules: "X4, X5, I1", choices: [.hold, .executeAgain],
      strike: { run in
        let begun = Instant.now
        // Longer than two store time-outs: commands are given up, and carried out afterwards.
        let pause = 2 * run.fleet.options.storeTimeout.nanoseconds / 1_000_000 + 300
        try await run.insist("a pause") {
          try await run.leavesUnknown { _ = try? await run.redis.command("CLIENT", "PAUSE", "\(pause)", "ALL") }
        }
        // This command, too, waits for the end of the pause.
        try await run.redis.command("PING")
        run.recorder.met("unknown store outcome")
        try await run.refused(since: begun)
      }),
    Fault(
      name: "SCRIPT FLUSH under load", rules: "X8", options: FleetOptions.patient,
      strike: { run in
        try await run.untilCounted("errorstat_NOSCRIPT", atLeast: 20) {
          try await run.redis.command("SCRIPT", "FLUSH", "SYNC")
        }
        run.recorder.met("NOSCRIPT")
      },
      audit: { run in
        // Nobody notices.
        run.recorder.calls.filter { $0.answer.map { $0.code >= 500 || $0.isPending } ?? true }.map {
          "\($0.nonce) was answered \($0.answer?.code ?? 0) when scripts were flushed"
        }
      }),
    Fault(
      name: "maxmemory reached", rules: "X12", choices: [.hold, .store],
      strike: { run in
        let begun = Instant.now
        let subject = try await run.subject(at: 1, .afterEffect)
        try await run.untilCounted("errorstat_OOM", atLeast: 10) {
          try await run.redis.command("CONFIG", "SET", "maxmemory", "1")
        }
        // What runs finishes as if nothing were.
        subject.trap.open()
        try await run.executed(subject)
        try await run.redis.command("CONFIG", "SET", "maxmemory", "0")
        try await run.refused(since: begun)
      }),
    Fault(
      name: "REPLICAOF makes it read-only", rules: "X12, X5",
      strike: { run in
        let begun = Instant.now
        let subject = try await run.subject(at: 1, .afterEffect)
        try await run.untilCounted("errorstat_READONLY", atLeast: 1) {
          // Nothing listens on port 1.
          try await run.redis.command("REPLICAOF", "127.0.0.1", "1")
        }
        subject.trap.open()
        try await run.answeredPending(subject)
        try await run.redis.command("REPLICAOF", "NO", "ONE")
        try await run.refused(since: begun)
      }),
  ]
}

extension Run {
  /// Does something until Redis has counted so many more of a kind of error.
  func untilCounted(_ field: String, atLeast count: Int, _ strike: () async throws -> Void) async throws {
    let redis = redis
    func counted() async throws -> Int {
      // As in `errorstat_OOM:count=7`.
      try await redis.info(field).flatMap { Int($0.split(separator: "=").last ?? "") } ?? 0
    }
    let before = try await counted()
    try await eventually {
      try await strike()
      return try await counted() >= before + count ? true : nil
    }
  }

  /// Demands that somebody was told that the store is away, and waits for it.
  func refused(since begun: Int64) async throws {
    try await recorder.call("somebody is told that the store is away") {
      $0.answer?.status == .failed && $0.answer?.code == 503 && $0.returned >= begun
    }
    recorder.met("store unavailable")
  }

  /// Demands that a subject's first request was answered as if nothing were.
  func executed(_ subject: Subject) async throws {
    guard case .answered(let answer) = await subject.first.value, answer.status == .executed, !answer.isPending else {
      throw HarnessError("a running operation did not finish")
    }
  }

  /// Demands that a subject's first request was answered before its answer was stored.
  func answeredPending(_ subject: Subject) async throws {
    guard case .answered(let answer) = await subject.first.value, answer.status == .executed, answer.isPending else {
      throw HarnessError("a running operation was not answered as pending")
    }
    recorder.met("pending answer")
  }
}

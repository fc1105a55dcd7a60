import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// Something between a worker and Redis loses or holds back what passes.
  static let network: [Fault] = [
    Fault(
      name: "lost reply of reserve", rules: "X6, I1", choices: [.hold, .executeAgain],
      strike: { run in try await run.loseReplies(of: "reserve", to: ["\r\nSET\r\n"]) }),
    Fault(
      name: "lost reply of complete", rules: "X7, I13", choices: [.hold, .store],
      strike: { run in
        // Every script of a key whose operation has just ended completes it, but for the few that release.
        try await run.loseReplies(of: "complete", to: ["\r\nEVALSHA\r\n", "\"s\":201"])
      }),
    Fault(
      name: "half-open connection to Redis", rules: "X5, X6, I1",
      strike: { run in
        let proxy = run.fleet.proxies[0]
        try await run.insist("a half-open connection") {
          // Whoever is connected talks to nobody, and cannot connect again until Redis is back.
          await proxy.refuseConnections()
          let isHit = try await run.leavesUnknown {
            await proxy.drop(.clientToServer)
            await proxy.drop(.serverToClient)
          }
          await proxy.cut()
          await proxy.drop(.clientToServer, false)
          await proxy.drop(.serverToClient, false)
          try await proxy.acceptConnections()
          if isHit { run.recorder.met("unknown store outcome") }
          return isHit
        }
      }),
    stalled("commands to Redis stall", .clientToServer),
    stalled("replies of Redis stall", .serverToClient),
  ]

  private static func stalled(_ name: String, _ direction: FaultProxy.Direction) -> Fault {
    Fault(
      name: name, rules: "X5, X6, I1", choices: [.hold, .executeAgain],
      strike: { run in
        let proxy = run.fleet.proxies[0]
        try await run.insist("a stall") {
          let isHit = try await run.leavesUnknown { await proxy.stall(direction) }
          // What was held back arrives late.
          await proxy.resume(direction)
          if isHit { run.recorder.met("unknown store outcome") }
          return isHit
        }
      })
  }
}

extension Run {
  /// Does something to worker 0's connections and waits until store operations there have an unknown outcome.
  /// - Returns: Whether that happened.
  func leavesUnknown(_ operation: String? = nil, _ strike: () async -> Void) async throws -> Bool {
    let worker = fleet.workers[0]
    let before = try await worker.unknownOutcomes(operation)
    await strike()
    return
      (try? await eventually(within: .seconds(3)) {
        try await worker.unknownOutcomes(operation) > before ? true : nil
      }) ?? false
  }

  /// Loses replies to worker 0's commands with these words until some of them were of this operation.
  func loseReplies(of operation: String, to words: [String]) async throws {
    let proxy = fleet.proxies[0]
    try await insist("a lost reply of \(operation)") {
      var watch: CommandWatch?
      let isHit = try await leavesUnknown(operation) {
        watch = await proxy.loseReplies(toCommandsWith: words, count: 3)
      }
      await proxy.onBytes(.clientToServer, nil)
      await proxy.onBytes(.serverToClient, nil)
      guard isHit, let watch, watch.lost > 0 else { return false }
      recorder.met("lost reply")
      return true
    }
  }
}

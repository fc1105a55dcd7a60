import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// The origin gives no whole answer, or none in time.
  static let origin: [Fault] = [
    Fault(
      name: "slow origin", rules: "X10, I1", choices: [.hold, .store, .executeAgain],
      options: { $0.originTimeout = .milliseconds(400) },
      strike: { run in
        let gate = Gate()
        try await run.spoils(by: .silent(gate), code: 504)
        // Now the late answers come.
        gate.open()
      }),
    Fault(
      name: "resetting origin", rules: "X10, I1", choices: [.hold, .store, .executeAgain],
      strike: { run in try await run.spoils(by: .resets, code: 502) }),
    Fault(
      name: "half an answer", rules: "X10, I1", choices: [.hold, .store, .executeAgain],
      strike: { run in try await run.spoils(by: .halves, code: 502) }),
  ]
}

extension Run {
  /// Has the origin misbehave until callers were told.
  fileprivate func spoils(by mode: Ledger.Mode, code: Int) async throws {
    let begun = Instant.now
    ledger.mode(mode)
    try await ledger.misbehaved(atLeast: 8)
    try await recorder.call("somebody is told that the outcome is not known") {
      $0.answer?.code == code && $0.returned >= begun
    }
    ledger.mode(.answers)
  }
}

import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

/// Something that is done to a fleet under load.
struct Fault: Sendable {
  /// Its row in the table.
  let name: String
  /// The rules that it is about.
  let rules: String
  /// What the fleet chose for unknown outcomes; a run for each.
  var choices: [UnknownOutcome] = [.hold]
  /// Under what choice the rules promise nothing for it; a soak leaves it out then.
  var unprotected: UnknownOutcome?
  /// What it needs the fleet to be.
  var options: @Sendable (inout FleetOptions) -> Void = { _ in }
  /// Does it and undoes it, and throws if there was nothing to hit.
  let strike: @Sendable (Run) async throws -> Void
  /// What else must not have happened.
  var audit: @Sendable (Run) -> [String] = { _ in [] }
}

/// A fault and what the fleet chose for unknown outcomes: one run of the matrix.
struct FaultCase: Sendable, CustomTestStringConvertible {
  let fault: Fault
  let choice: UnknownOutcome

  var testDescription: String { "\(fault.rules): \(fault.name), \(choice.text)" }

  var options: FleetOptions {
    var options = FleetOptions()
    options.unknownOutcome = choice
    fault.options(&options)
    return options
  }
}

extension Fault {
  /// A row for every fault, in the order of the table.
  static let matrix: [Fault] =
    killed + network + redis + persistence + records + origin + clients + shutdown

  static let cases: [FaultCase] = matrix.flatMap { fault in fault.choices.map { FaultCase(fault: fault, choice: $0) } }
}

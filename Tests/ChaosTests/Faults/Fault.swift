import Foundation
import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

/// Something that is done to a fleet under load.
struct Fault: Sendable {
  /// Its row in the table.
  var name: String
  /// The rules that it is about.
  let rules: String
  /// What the fleet chose for unknown outcomes; a run for each.
  var choices: [UnknownOutcome] = [.hold]
  /// Under what choice the rules promise nothing for it; a soak leaves it out then.
  var unprotected: UnknownOutcome?
  /// How long Redis is away, or workers wait for it; a fleet that waits leaves the machine to others.
  var wait = Duration.zero
  /// Whether the rules promise to hold; what they do not is run by its name only, to see how it fails.
  var isPromised = true
  /// It needs a fleet of its own: a soak, whose fleets meet every fault, leaves it out.
  var needsOwnFleet = false
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
  static let matrix: [Fault] = all.filter(\.isPromised)

  private static let all: [Fault] =
    killed + network + redis + persistence + outages + returns + primaries + transports + clocks + records + origin
    + clients + shutdown

  /// All of them, or for a developer those whose names contain what `CHAOS_FAULT` says.
  static let cases: [FaultCase] = {
    let text = ProcessInfo.processInfo.environment["CHAOS_FAULT"]
    let faults = text.map { text in (all + longOutages).filter { $0.name.contains(text) } } ?? matrix
    return faults.flatMap { fault in fault.choices.map { FaultCase(fault: fault, choice: $0) } }
  }()
}

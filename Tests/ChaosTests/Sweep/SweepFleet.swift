import Idempotency
import Testing
@testable import Harness

/// The fleets of one worker, B, that all cases of the sweep with the same choice share.
struct SweepFleet: SuiteTrait, TestScoping {
  @TaskLocal static var bound: [UnknownOutcome: (fleet: Fleet, ledger: Ledger)] = [:]

  /// What B is started with.
  ///
  /// Every wait of a case is a lease, or A's silence or late answer, all short. B's operation outlasts A's wait for it,
  /// however busy the machine is.
  static let options: FleetOptions = {
    var options = FleetOptions()
    options.workers = 1
    options.lease = .milliseconds(1_200)
    options.originTimeout = .seconds(30)
    options.lateAnswer = .milliseconds(500)
    return options
  }()

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await start(UnknownOutcome.allCases[...], [:], function)
  }

  /// Starts a fleet for each choice, and then does what is to be done.
  private func start(
    _ choices: ArraySlice<UnknownOutcome>, _ fleets: [UnknownOutcome: (fleet: Fleet, ledger: Ledger)],
    _ function: @Sendable () async throws -> Void
  ) async throws {
    guard let choice = choices.first else { return try await Self.$bound.withValue(fleets, operation: function) }
    var options = Self.options
    options.unknownOutcome = choice
    try await Fleet.run(options) { fleet in
      let ledger = Ledger()
      fleet.originAnswers { try await ledger.take($0) }
      try await start(choices.dropFirst(), fleets.merging([choice: (fleet, ledger)]) { $1 }, function)
    }
  }
}

extension Trait where Self == SweepFleet {
  /// Starts worker B for all tests of a suite.
  static var sweepFleet: Self { SweepFleet() }
}

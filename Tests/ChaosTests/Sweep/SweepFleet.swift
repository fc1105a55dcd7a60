import Testing
@testable import Harness

/// The fleet of one worker, B, that all cases of the sweep share.
struct SweepFleet: SuiteTrait, TestScoping {
  @TaskLocal static var bound: (fleet: Fleet, ledger: Ledger)?

  /// What B is started with: every wait of a case is a lease, a silence or a late answer, all short.
  static let options: FleetOptions = {
    var options = FleetOptions()
    options.workers = 1
    options.lease = .milliseconds(1_200)
    options.originTimeout = .seconds(2)
    options.lateAnswer = .milliseconds(500)
    return options
  }()

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await Fleet.run(Self.options) { fleet in
      let ledger = Ledger()
      fleet.originAnswers { try await ledger.take($0) }
      try await Self.$bound.withValue((fleet, ledger)) { try await function() }
    }
  }
}

extension Trait where Self == SweepFleet {
  /// Starts worker B for all tests of a suite.
  static var sweepFleet: Self { SweepFleet() }
}

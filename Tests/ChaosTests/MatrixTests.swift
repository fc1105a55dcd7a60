import Testing
@testable import Harness

extension Chaos {
  /// One fault at a time, each against a fleet of its own.
  @Suite("Matrix", .matrix, .timeLimit(.minutes(10)))
  struct MatrixTests {
    @Test("I1–I15 hold", arguments: Fault.cases)
    func fault(run: FaultCase) async throws {
      try await Chaos.withSlot(waiting: run.fault.wait > .zero) {
        do {
          let report = try await Fleet.run(run.options) { try await Run.strike(run.fault, $0) }
          Matrix.table.add(report)
          report.expectNone(run.testDescription)
        } catch {
          Matrix.table.addFailure(of: run.fault.name)
          throw error
        }
      }
    }
  }
}

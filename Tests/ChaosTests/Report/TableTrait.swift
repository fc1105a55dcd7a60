import Foundation
import Testing

/// Prints the table when a suite is over, and holds all runs together against I15.
struct TableTrait: SuiteTrait, TestScoping {
  let table: ChaosTable
  let title: String
  /// What must have happened in some run if all of these faults have been run.
  let required: Set<String>
  let faults: Set<String>

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await function()
    guard let text = table.text else { return }
    // At once, so that no line of another test comes between.
    FileHandle.standardOutput.write(Data("\n\(title)\n\(text)\n\n".utf8))
    guard table.finished.isSuperset(of: faults) else { return }
    let missing = required.subtracting(table.situations)
    if !missing.isEmpty { Issue.record("I15: no run hit \(missing.sorted().joined(separator: ", "))") }
  }
}

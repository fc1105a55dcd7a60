import Foundation
import Testing

/// Runs a property for many seeds; the same seeds every time.
///
/// - `FUZZ_CASES=n` runs n times as many cases.
/// - `FUZZ_SEED=n` runs the case of one seed only; together with `swift test --filter` it replays a failure.
/// - `FUZZ_TRACE=1` prints each seed before its case: a trap ends the process before anything can be reported.
enum Fuzz {
  private static let factor = number("FUZZ_CASES").map { Int($0) } ?? 1
  private static let onlySeed = number("FUZZ_SEED")
  private static let isTraced = number("FUZZ_TRACE") == 1
  /// More would say the same again.
  private static let maximumReports = 3

  /// Runs the cases of a property.
  /// - Parameters:
  ///   - cases: How many by default.
  ///   - goals: What must have happened in one case at least: a run that never saw an acceptance proves nothing.
  ///   - test: The test's name, for the trace.
  ///   - sourceLocation: Where failures are reported.
  ///   - property: Looks at one case.
  static func run(
    _ cases: Int, reaching goals: Set<String> = [], _ test: StaticString = #function,
    sourceLocation: SourceLocation = #_sourceLocation, _ property: (inout FuzzCase) throws -> Void
  ) {
    var missing = goals
    var reports = 0
    for seed in onlySeed.map({ $0...$0 }) ?? 1...UInt64(cases * factor) {
      if isTraced { FileHandle.standardError.write(Data("\(test) seed \(seed)\n".utf8)) }
      var fuzz = FuzzCase(seed: seed)
      do { try property(&fuzz) } catch { fuzz.fail("threw \(error)") }
      missing.subtract(fuzz.reached)
      guard !fuzz.failures.isEmpty else { continue }
      let what = fuzz.failures.joined(separator: "; ")
      Issue.record("FUZZ_SEED=\(seed): \(what). Input:\(fuzz.input)", sourceLocation: sourceLocation)
      reports += 1
      if reports == maximumReports { return }
    }
    guard onlySeed == nil, !missing.isEmpty else { return }
    Issue.record("no case reached: \(missing.sorted().joined(separator: ", "))", sourceLocation: sourceLocation)
  }

  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }
}

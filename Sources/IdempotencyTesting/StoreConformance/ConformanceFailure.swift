/// A store did something else than its rule demands.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
  /// The rule, what was expected, and what came.
  public let description: String

  init(rule: String, expected: String, got: String) {
    description = "\(rule): expected \(expected), got \(got)"
  }
}

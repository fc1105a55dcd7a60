import Testing

/// Runs every test of a suite once against each kind of node, one after the other, and has each failure say against
/// which.
///
/// The whole test is run again, not only what it does with its cluster: what it prepares is fresh for either kind.
struct EachKind: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // A suite within a suite inherits the trait, and its tests from both.
    guard NodeKind.bound == nil else { return try await function() }
    for kind in NodeKind.tested where !Task.isCancelled {
      let named = IssueHandlingTrait.compactMapIssues { issue in
        var issue = issue
        issue.comments.append("against the \(kind)")
        return issue
      }
      try await NodeKind.$bound.withValue(kind) {
        try await named.provideScope(for: test, testCase: testCase) {
          do {
            try await function()
          } catch is ExpectationFailedError {
            // Already recorded, where it was expected.
          } catch {
            Issue.record(error, sourceLocation: test.sourceLocation)
          }
        }
      }
    }
  }
}

/// Leaves a test out against the other kind of node.
struct OnlyKind: TestTrait, SuiteTrait, TestScoping {
  let kind: NodeKind

  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    if NodeKind.current == kind { try await function() }
  }
}

extension Trait where Self == EachKind {
  /// Runs every test against the middleware and against the worker.
  static var eachKind: Self { EachKind() }
}

extension Trait where Self == OnlyKind {
  /// Runs a test against one kind alone; the reason says why the rule does not apply to the other, or where its test is.
  static func only(_ kind: NodeKind, because reason: String) -> Self { OnlyKind(kind: kind) }
}

@testable import Harness

/// Where the origin holds the first call with a key until a fault lets it go.
final class Trap: Sendable {
  /// When the call is held.
  enum Stage: Sendable {
    case beforeEffect, afterEffect
  }

  /// What the origin does when it goes on.
  enum Ending: Sendable {
    case answers
    /// It breaks the connection; without an effect if it was held before it.
    case resets
  }

  let stage: Stage
  let ending: Ending
  private let gate = Gate()

  init(_ stage: Stage, ending: Ending = .answers) {
    self.stage = stage
    self.ending = ending
  }

  /// Holds the call that is caught.
  func hold() async { await gate.pass() }

  /// Lets the call go on.
  func open() { gate.open() }

  /// Waits until a call is caught.
  func caught() async throws {
    let gate = gate
    try await within(.seconds(20), "a call is caught at the origin") { await gate.reached() }
  }
}

/// Waits for something that is awaited without end, for no longer than `limit`.
///
/// - Throws: ``HarnessError`` when the time is over.
@discardableResult
func within<Result: Sendable>(
  _ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      return nil
    }
    defer { group.cancelAll() }
    guard let first = try await group.next(), let result = first else {
      throw HarnessError("\(what): it did not happen within \(limit)")
    }
    return result
  }
}

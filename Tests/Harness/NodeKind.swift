import Foundation

/// What the rules are held against.
enum NodeKind: String, CaseIterable, Sendable, CustomStringConvertible {
  /// In-process Hummingbird applications with the middleware, their origin the handler behind it.
  case middleware
  /// Processes of `idempotency-worker`, their origin an HTTP server behind them.
  case worker

  /// The kind that a test's body runs against now; nil outside of ``EachKind``.
  @TaskLocal static var bound: NodeKind?

  /// The same, where there must be one.
  static var current: NodeKind {
    guard let bound else { preconditionFailure("a suite of conformance tests needs the trait .eachKind") }
    return bound
  }

  /// What this run is about: both, or what `CONFORMANCE_KINDS` names, such as `worker`.
  static let tested: [NodeKind] = {
    guard let names = ProcessInfo.processInfo.environment["CONFORMANCE_KINDS"], !names.isEmpty else { return allCases }
    return names.split(separator: ",").map { name in
      guard let kind = NodeKind(rawValue: String(name)) else {
        preconditionFailure("CONFORMANCE_KINDS is '\(names)'; expected middleware, worker or both with a comma between")
      }
      return kind
    }
  }()

  var description: String { rawValue }
}

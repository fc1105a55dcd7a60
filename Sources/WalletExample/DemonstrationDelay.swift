import HTTPTypes
import Hummingbird

/// How long an operation pretends to take, so that duplicates meet it while it runs.
struct DemonstrationDelay: Sendable {
  /// The pause before the money moves.
  let before: Duration
  /// The pause between the effect and the answer: a node that dies in it has had its effect.
  let after: Duration

  /// The longest pause: longer than a default lease, and still no way to hold a node for ever.
  static let maximum = Duration.seconds(60)

  /// Reads `X-Demo-Delay` and `X-Demo-Delay-After`.
  /// - Throws: `HTTPError` with status 400 for what is no duration or too long.
  init(_ request: Request, default delay: Duration) throws {
    before = try Self.read(.demoDelay, request) ?? delay
    after = try Self.read(.demoDelayAfter, request) ?? .zero
  }

  private static func read(_ name: HTTPField.Name, _ request: Request) throws -> Duration? {
    guard let text = request.headers[name] else { return nil }
    guard let delay = Duration(argument: text), delay <= maximum else {
      throw HTTPError(.badRequest, message: "\(name) must be a duration of at most 60s, such as 500ms")
    }
    return delay
  }
}

extension HTTPField.Name {
  // The names are tokens (RFC 9110 section 5.1), so none of these is nil.
  fileprivate static let demoDelay = Self("X-Demo-Delay")!
  fileprivate static let demoDelayAfter = Self("X-Demo-Delay-After")!
}

import Idempotency
import Testing
@testable import Harness

/// A point at which worker A dies, what leads a request there, and what worker B then says to a retry.
struct CrashCase: Sendable, CustomTestStringConvertible {
  /// The point's name.
  let point: String
  /// How often A comes to the point until it dies there.
  private(set) var time = 1
  let way: Way
  private(set) var end: End
  /// What nodes choose for an unknown outcome.
  private(set) var choice = UnknownOutcome.hold

  /// What leads a request to the point.
  enum Way: Sendable {
    /// Nothing special: the origin answers.
    case plain
    /// The key was released before, so that it is reclaimed.
    case releasedBefore
    /// The origin has had the effect and does not answer.
    case silent
    /// The origin refuses without an effect.
    case refused
    /// The origin breaks off after the effect.
    case broken
    /// Another request runs the operation at worker B, and A waits for it.
    case waiting
    /// The same, and A is asked to stop.
    case waitingStopped
    /// The same, and A's client leaves.
    case waitingLeft
  }

  /// What the retry at worker B comes to.
  enum End: Sendable {
    /// B runs the operation.
    case executed
    /// The answer was stored.
    case replayed
    /// The request may have reached the origin, and no answer is stored: under hold nobody runs it again.
    case uncertain
    /// The same under store: B stores the 500 in its place.
    case settled
    /// The same under execute-again: B runs it with the next attempt.
    case takenOver
  }

  /// Redis's replies to A's commands with these words are lost.
  var losing: [String] = []
  /// How many of them.
  var losses = 1

  /// As `IDEMPOTENCY_CRASH_AT` has it.
  var setting: String { "\(point):\(time)" }

  var testDescription: String { "\(setting), \(choice.text)\(losing.isEmpty ? "" : ", replies lost") → \(end)" }
}

extension CrashCase {
  private static let script = ["\r\nEVALSHA\r\n"]

  /// One for each choice and each point that an exchange of the worker then comes to, and some that come later.
  static let all: [CrashCase] = UnknownOutcome.allCases.flatMap { choice in
    (beforeExecution + execution + afterExecution + waits + later).compactMap { $0.under(choice) }
  }

  /// The same where nodes choose this; nil where no exchange comes to the point then.
  private func under(_ choice: UnknownOutcome) -> CrashCase? {
    if Self.unreachable(under: choice)[point] != nil { return nil }
    var other = self
    other.choice = choice
    if end == .uncertain {
      other.end =
        switch choice {
        case .hold: .uncertain
        case .store: .settled
        case .executeAgain: .takenOver
        }
    }
    return other
  }

  private static let beforeExecution = [
    CrashCase(point: "start", way: .plain, end: .executed),
    CrashCase(point: "send-reserve", way: .plain, end: .executed),
    CrashCase(point: "reply-reserve", way: .plain, end: .uncertain),
    CrashCase(point: "failure-reserve", way: .plain, end: .uncertain, losing: ["\r\nSET\r\n"]),
    CrashCase(point: "send-reclaim", way: .releasedBefore, end: .executed),
    CrashCase(point: "reply-reclaim", way: .releasedBefore, end: .uncertain),
    CrashCase(point: "failure-reclaim", way: .releasedBefore, end: .uncertain, losing: script),
    CrashCase(point: "prepare", way: .plain, end: .uncertain),
    CrashCase(point: "ready", way: .plain, end: .uncertain),
  ]

  private static let execution = [
    CrashCase(point: "execute", way: .plain, end: .uncertain),
    CrashCase(point: "schedule-renew", way: .plain, end: .uncertain),
    CrashCase(point: "schedule-silence", way: .plain, end: .uncertain),
    CrashCase(point: "timer-renew", way: .silent, end: .uncertain),
    CrashCase(point: "send-renew", way: .silent, end: .uncertain),
    CrashCase(point: "reply-renew", way: .silent, end: .uncertain),
    CrashCase(point: "failure-renew", way: .silent, end: .uncertain, losing: script),
    CrashCase(point: "timer-silence", way: .silent, end: .uncertain),
    CrashCase(point: "operation", way: .plain, end: .uncertain),
  ]

  private static let afterExecution = [
    CrashCase(point: "send-complete", way: .plain, end: .uncertain),
    CrashCase(point: "reply-complete", way: .plain, end: .replayed),
    CrashCase(point: "failure-complete", way: .plain, end: .replayed, losing: script),
    CrashCase(point: "schedule-retry", way: .plain, end: .replayed, losing: script, losses: .max),
    CrashCase(point: "timer-retry", way: .plain, end: .replayed, losing: script, losses: .max),
    CrashCase(point: "answer", way: .plain, end: .replayed),
    CrashCase(point: "finish", way: .plain, end: .replayed),
    CrashCase(point: "send-release", way: .refused, end: .uncertain),
    CrashCase(point: "reply-release", way: .refused, end: .executed),
    CrashCase(point: "failure-release", way: .refused, end: .executed, losing: script),
    CrashCase(point: "send-markUncertain", way: .broken, end: .uncertain),
    CrashCase(point: "reply-markUncertain", way: .broken, end: .uncertain),
    CrashCase(point: "failure-markUncertain", way: .broken, end: .uncertain, losing: script),
    CrashCase(point: "schedule-lateAnswer", way: .silent, end: .uncertain),
    CrashCase(point: "timer-lateAnswer", way: .silent, end: .uncertain),
  ]

  private static let waits = [
    CrashCase(point: "watch", way: .waiting, end: .replayed),
    CrashCase(point: "schedule-wait", way: .waiting, end: .replayed),
    CrashCase(point: "schedule-poll", way: .waiting, end: .replayed),
    CrashCase(point: "changed", way: .waiting, end: .replayed),
    CrashCase(point: "send-read", way: .waiting, end: .replayed),
    CrashCase(point: "reply-read", way: .waiting, end: .replayed),
    // Not the GET of a reservation's SET.
    CrashCase(point: "failure-read", way: .waiting, end: .replayed, losing: ["*2\r\n$3\r\nGET\r\n"]),
    CrashCase(point: "timer-poll", way: .waiting, end: .replayed),
    CrashCase(point: "timer-wait", way: .waiting, end: .replayed),
    CrashCase(point: "unwatch", way: .waiting, end: .replayed),
    CrashCase(point: "abandon", way: .waitingStopped, end: .replayed),
    CrashCase(point: "callerLeft", way: .waitingLeft, end: .replayed),
  ]

  /// Points that an exchange comes to again and again.
  private static let later = [
    CrashCase(point: "timer-renew", time: 3, way: .silent, end: .uncertain),
    CrashCase(point: "reply-renew", time: 3, way: .silent, end: .uncertain),
    CrashCase(point: "timer-retry", time: 3, way: .plain, end: .replayed, losing: script, losses: .max),
    CrashCase(point: "reply-read", time: 2, way: .waiting, end: .replayed),
  ]

  /// The points that no exchange of the worker comes to under a choice, and why.
  static func unreachable(under choice: UnknownOutcome) -> [String: String] {
    var reasons: [String: String] = [:]
    for way in ["send", "reply", "failure"] {
      reasons["\(way)-resolve"] = "operators resolve, exchanges do not"
      reasons["\(way)-putBack"] = "the store puts back, exchanges do not"
      if choice != .hold { reasons["\(way)-markUncertain"] = "only under hold is a key uncertain" }
    }
    if choice == .store {
      for way in ["schedule", "timer"] { reasons["\(way)-lateAnswer"] = "another answer is stored by then" }
    }
    return reasons
  }
}

import DequeModule
import Foundation
import NIOConcurrencyHelpers

/// Bounds the work that tokens make: how many are verified at once, and how many wait.
///
/// To verify a signature takes a fraction of a millisecond with most keys, and up to a millisecond with the slowest. That
/// is done on Swift's own threads, on half of the processors at most, so that event loops always have the others.
final class VerificationQueue: Sendable {
  /// How many tokens are in work or wait; beyond it a request is answered with 503.
  ///
  /// 1024: all callers of a busy worker that has just started, and three seconds of one processor if all were forged and
  /// made to cost the most.
  static let usualLimit = 1024

  private struct State {
    var count = 0
    var running = 0
    var waiting: Deque<CheckedContinuation<Void, Never>> = []
  }

  private let limit: Int
  private let width: Int
  private let state = NIOLockedValueBox(State())

  /// Makes a queue.
  /// - Parameters:
  ///   - limit: How many may be in work or wait.
  ///   - width: How many may be in work; half of the processors unless given.
  init(limit: Int = usualLimit, width: Int = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)) {
    self.limit = limit
    self.width = width
  }

  /// How many are in work or wait.
  var count: Int { state.withLockedValue { $0.count } }

  /// Begins with a token, unless there are too many; followed by ``leave()`` if it returns true.
  func enter() -> Bool {
    state.withLockedValue { state in
      guard state.count < limit else { return false }
      state.count += 1
      return true
    }
  }

  /// Ends with a token.
  func leave() {
    state.withLockedValue { $0.count -= 1 }
  }

  /// Does work when it is its turn.
  func run<Result>(_ work: () -> Result) async -> Result {
    await turn()
    defer { endTurn() }
    return work()
  }

  private func turn() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLockedValue { state in
        guard state.running < width else {
          state.waiting.append(continuation)
          return false
        }
        state.running += 1
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  /// Hands the turn to whoever waits longest.
  private func endTurn() {
    let next = state.withLockedValue { state in
      let next = state.waiting.popFirst()
      if next == nil { state.running -= 1 }
      return next
    }
    next?.resume()
  }
}

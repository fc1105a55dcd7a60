import NIOConcurrencyHelpers
import NIOCore

/// Brings work from any thread to a connection's event loop: however much is posted before the loop gets to it, the
/// loop is woken once.
///
/// Bounded by its callers: each suspended task has at most one command and one cancellation in it.
final class CommandMailbox: Sendable {
  private struct State {
    var posted: [@Sendable () -> Void] = []
    var isScheduled = false
  }

  private let eventLoop: any EventLoop
  private let state = NIOLockedValueBox(State())

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Runs work on the event loop, in the order of posting.
  func post(_ work: @escaping @Sendable () -> Void) {
    let mustSchedule = state.withLockedValue { state in
      state.posted.append(work)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if mustSchedule { eventLoop.execute(drain) }
  }

  @Sendable private func drain() {
    let posted = state.withLockedValue { state in
      defer { state = State() }
      return state.posted
    }
    for work in posted { work() }
  }
}

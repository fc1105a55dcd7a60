package import Logging
internal import NIOConcurrencyHelpers
internal import Synchronization

/// Tells the operator that the store is away or refuses, and that it is back: not once for every request.
package final class StoreOutage: Sendable {
  private struct State {
    var saidLast: BootInstant?
    var unsaid = 0
  }

  /// An outage that goes on is said again after this, in milliseconds.
  ///
  /// 10 s: often enough for whoever looks at the log just then, and 360 lines in an hour without a store.
  private static let interval: Int64 = 10_000

  private let logger: Logger
  /// The operator knows of an outage and not yet of its end.
  private let isSaid = Atomic(false)
  private let state = NIOLockedValueBox(State())

  package init(logger: Logger) {
    self.logger = logger
  }

  /// An operation has failed.
  ///
  /// The failure's message says what to do.
  package func failed(_ failure: StoreFailure, at now: BootInstant = .now) {
    let unsaid: Int? = state.withLockedValue { state in
      if let last = state.saidLast, now.milliseconds(since: last) < Self.interval {
        state.unsaid += 1
        return nil
      }
      defer { state = State(saidLast: now) }
      return state.unsaid
    }
    guard let unsaid else { return }
    isSaid.store(true, ordering: .relaxed)
    logger.warning("the store does not do what it is asked", metadata: ["reason": "\(failure)", "unsaid": "\(unsaid)"])
  }

  /// An operation has its reply.
  ///
  /// One load while all is well.
  package func answered() {
    guard isSaid.load(ordering: .relaxed), isSaid.exchange(false, ordering: .relaxed) else { return }
    logger.notice("the store answers again")
  }
}

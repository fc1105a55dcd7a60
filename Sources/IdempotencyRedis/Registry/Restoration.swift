internal import Idempotency
internal import NIOCore

/// Puts keepsakes back, some at a time, until each was answered or the history changed again.
///
/// None is left out, however often it is refused: what is not put back might run a second time.
///
/// Bound to one event loop: everything here runs on it.
final class Restoration {
  /// Unanswered at once: enough to hide the round trip, few enough not to starve other commands.
  static let window = 256
  /// Bytes unanswered at once, unless a single one has more: 4 MiB pass in some milliseconds, and owners' renewals, which
  /// wait behind them, must not miss their leases.
  static let windowBytes = 4 * 1024 * 1024
  typealias Send = (RecordKey, StoreOperation, @escaping (Result<StoreReply, StoreFailure>) -> Void) -> Void

  private var rest: ArraySlice<Keepsake>
  private var unanswered = 0
  private var unansweredBytes = 0
  private var isRefusalReported = false
  private let eventLoop: any EventLoop
  private let isCurrent: () -> Bool
  private let send: Send
  private let refused: (StoreFailure) -> Void
  private let done: () -> Void

  /// Prepares to put back.
  /// - Parameters:
  ///   - keepsakes: What is put back, in about this order.
  ///   - eventLoop: The loop that everything runs on.
  ///   - isCurrent: Whether the history that is put back into is still the one that is connected.
  ///   - send: Sends one and calls back with its reply.
  ///   - refused: Called once, with the first refusal for which no reason is known that passes by itself.
  ///   - done: Called when each was answered.
  init(
    _ keepsakes: [Keepsake], on eventLoop: any EventLoop, isCurrent: @escaping () -> Bool,
    send: @escaping Send, refused: @escaping (StoreFailure) -> Void, done: @escaping () -> Void
  ) {
    self.rest = keepsakes[...]
    self.eventLoop = eventLoop
    self.isCurrent = isCurrent
    self.send = send
    self.refused = refused
    self.done = done
  }

  /// Sends what the window takes.
  func proceed() {
    guard isCurrent() else { return }
    if rest.isEmpty, unanswered == 0 { return done() }
    while unanswered < Self.window, unansweredBytes < Self.windowBytes, let next = rest.popFirst() {
      unanswered += 1
      unansweredBytes += next.byteCount
      send(next.key, next.operation) { self.answered(next, $0) }
    }
  }

  private func answered(_ keepsake: Keepsake, _ result: Result<StoreReply, StoreFailure>) {
    guard case .failure(let failure) = result else { return leave(keepsake) }
    if failure.kind == .refused(.other), !isRefusalReported {
      isRefusalReported = true
      refused(failure)
    }
    // It keeps its place in the window meanwhile.
    eventLoop.assumeIsolated().scheduleTask(in: failure.pause) {
      self.rest.append(keepsake)
      self.leave(keepsake)
    }
  }

  private func leave(_ keepsake: Keepsake) {
    unanswered -= 1
    unansweredBytes -= keepsake.byteCount
    proceed()
  }
}

extension StoreFailure {
  /// How long until a keepsake is sent again.
  fileprivate var pause: TimeAmount {
    switch kind {
    // A connection needs a moment to come back.
    case .notSent, .unknown: .milliseconds(50)
    // Until writes are accepted nobody reserves either; an operator's work takes longer than a moment.
    case .refused: .milliseconds(500)
    }
  }
}

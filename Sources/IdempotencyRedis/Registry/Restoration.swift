internal import Idempotency
internal import NIOCore

/// Puts keepsakes back, some at a time, until each was answered or the history changed again.
///
/// Bound to one event loop: everything here runs on it.
final class Restoration {
  /// Unanswered at once: enough to hide the round trip, few enough not to starve other commands.
  static let window = 256
  /// How often one is refused, for no reason that is known to pass, until it is left out: five seconds of a Redis that
  /// is busy, as long as it settles; a refusal for good must not keep a worker from ever being ready.
  static let maximumRefusals = 10
  typealias Send = (RecordKey, StoreOperation, @escaping (Result<StoreReply, StoreFailure>) -> Void) -> Void

  private var rest: ArraySlice<(keepsake: Keepsake, refusals: Int)>
  private var unanswered = 0
  private let eventLoop: any EventLoop
  private let isCurrent: () -> Bool
  private let send: Send
  private let done: () -> Void

  init(
    _ keepsakes: [Keepsake], on eventLoop: any EventLoop, isCurrent: @escaping () -> Bool,
    send: @escaping Send, done: @escaping () -> Void
  ) {
    self.rest = keepsakes.map { ($0, 0) }[...]
    self.eventLoop = eventLoop
    self.isCurrent = isCurrent
    self.send = send
    self.done = done
  }

  /// Sends what the window takes.
  func proceed() {
    guard isCurrent() else { return }
    if rest.isEmpty, unanswered == 0 { return done() }
    while unanswered < Self.window, let next = rest.popFirst() {
      unanswered += 1
      send(next.keepsake.key, next.keepsake.operation) { result in
        self.answered(next.keepsake, refusals: next.refusals, result)
      }
    }
  }

  private func answered(_ keepsake: Keepsake, refusals: Int, _ result: Result<StoreReply, StoreFailure>) {
    if case .failure(let failure) = result, refusals < Self.maximumRefusals {
      let refusals = failure.kind == .refused(.other) ? refusals + 1 : refusals
      // It keeps its place in the window meanwhile.
      eventLoop.assumeIsolated().scheduleTask(in: failure.pause) {
        self.unanswered -= 1
        self.rest.append((keepsake, refusals))
        self.proceed()
      }
      return
    }
    unanswered -= 1
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

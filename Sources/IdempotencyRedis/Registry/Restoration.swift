internal import Idempotency
internal import NIOCore

/// Puts keepsakes back, some at a time, until each was answered or the history changed again.
///
/// Bound to one event loop: everything here runs on it.
final class Restoration {
  /// Unanswered at once: enough to hide the round trip, few enough not to starve other commands.
  static let window = 256
  typealias Send = (RecordKey, StoreOperation, @escaping (Result<StoreReply, StoreFailure>) -> Void) -> Void

  private var rest: ArraySlice<Keepsake>
  private var unanswered = 0
  private let eventLoop: any EventLoop
  private let isCurrent: () -> Bool
  private let send: Send
  private let done: () -> Void

  init(
    _ keepsakes: [Keepsake], on eventLoop: any EventLoop, isCurrent: @escaping () -> Bool,
    send: @escaping Send, done: @escaping () -> Void
  ) {
    self.rest = keepsakes[...]
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
      send(next.key, next.operation) { result in self.answered(next, result) }
    }
  }

  private func answered(_ keepsake: Keepsake, _ result: Result<StoreReply, StoreFailure>) {
    if case .failure(let failure) = result, let pause = failure.pause {
      // It keeps its place in the window meanwhile.
      eventLoop.assumeIsolated().scheduleTask(in: pause) {
        self.unanswered -= 1
        self.rest.append(keepsake)
        self.proceed()
      }
      return
    }
    unanswered -= 1
    proceed()
  }
}

extension StoreFailure {
  /// How long until a keepsake is sent again; nil if it would fare no better.
  fileprivate var pause: TimeAmount? {
    switch kind {
    // A connection needs a moment to come back.
    case .notSent, .unknown: .milliseconds(50)
    case .refused(.other): nil
    // Until writes are accepted nobody reserves either; an operator's work takes longer than a moment.
    case .refused: .milliseconds(500)
    }
  }
}

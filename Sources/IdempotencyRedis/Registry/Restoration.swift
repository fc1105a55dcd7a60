internal import Idempotency
internal import NIOCore

/// Puts keepsakes back, some at a time, until each was answered or the history changed again.
///
/// Bound to one event loop: everything here runs on it.
final class Restoration {
  /// Unanswered at once: enough to hide the round trip, few enough not to starve other commands.
  static let window = 256
  /// Before a keepsake of unknown outcome is sent again; the connection needs a moment to come back.
  static let pause = TimeAmount.milliseconds(50)

  typealias Send = (Keepsake, @escaping (Result<StoreReply, StoreFailure>) -> Void) -> Void

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
    while unanswered < Self.window, let keepsake = rest.popFirst() { put(keepsake) }
  }

  private func put(_ keepsake: Keepsake) {
    unanswered += 1
    send(keepsake) { result in self.answered(keepsake, result) }
  }

  private func answered(_ keepsake: Keepsake, _ result: Result<StoreReply, StoreFailure>) {
    unanswered -= 1
    if case .failure(let failure) = result, !failure.isRefused {
      rest.append(keepsake)
      eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { self.proceed() }
    } else {
      proceed()
    }
  }
}

extension StoreFailure {
  /// A second try would be refused as well.
  fileprivate var isRefused: Bool {
    if case .refused = kind { true } else { false }
  }
}

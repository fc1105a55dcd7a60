import DequeModule
import Logging
import NIOCore

/// Keeps one link: opens it, prepares its session, and opens the next one when it is lost, until it is closed.
///
/// Bound to its event loop. It and its owner keep each other alive until ``close()``.
final class LinkSupervisor {
  enum State {
    case idle
    case connecting(RedisLink)
    case ready(RedisLink, since: NIODeadline)
    case waiting
    case closed
  }

  let eventLoop: any EventLoop
  let dialer: RedisDialer
  let logger: Logger
  let hooks: RedisClient.Hooks
  let isPushing: Bool
  var state = State.idle
  var reconnect = ReconnectState()
  var timer: Scheduled<Void>?

  /// Who is told; set right after both exist, and let go by ``close()``.
  var owner: (any RedisLinkOwner)?
  /// Counts the connections that were opened.
  var generation: UInt64 = 0
  /// Why the last attempt failed or the last connection was lost; nil while one is ready.
  var lastError: RedisError?

  init(
    eventLoop: any EventLoop, dialer: RedisDialer, logger: Logger,
    hooks: RedisClient.Hooks, isPushing: Bool = false
  ) {
    self.eventLoop = eventLoop
    self.dialer = dialer
    self.logger = logger
    self.hooks = hooks
    self.isPushing = isPushing
  }

  /// The link when it takes everybody's commands.
  var readyLink: RedisLink? {
    if case .ready(let link, _) = state { link } else { nil }
  }

  /// The hook has prepared the session that is being opened: it is ready in a round trip.
  var isPrepared = false

  /// Whether a command may wait for the link: it is being opened, and no attempt has failed since the last one, or this
  /// one is nearly there.
  var isOpening: Bool {
    if case .connecting = state { reconnect.isImmediate || isPrepared } else { false }
  }

  var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  /// Begins to connect unless it has begun before.
  func start() {
    guard case .idle = state else { return }
    connect()
  }

  /// Closes the link for good.
  func close() {
    let link: RedisLink?
    switch state {
    case .idle, .waiting, .closed: link = nil
    case .connecting(let present), .ready(let present, _): link = present
    }
    state = .closed
    timer?.cancel()
    timer = nil
    link?.lose(RedisError(.unknown, .shutDown, message: "the client was shut down"))
    owner = nil
  }

  /// Closes the link if the `prepare` hook has called it something else, and opens another.
  ///
  /// One that has no label yet will get one: the hook decides about it.
  func closeLink(labelledOtherThan label: Int) {
    switch state {
    case .connecting(let link), .ready(let link, _):
      guard let own = link.label, own != label else { return }
      link.lose(RedisError(.unknown, .connectionClosed, message: "the connection's owner has given it up"))
    case .idle, .waiting, .closed: break
    }
  }

  // MARK: Called by the link

  func linkIsLost(_ link: RedisLink, _ error: RedisError) {
    timer?.cancel()
    timer = nil
    lastError = error
    let generation = generation
    let wasReady = link.isReady
    switch state {
    case .ready(_, let since):
      // As long as the longest wait between attempts: losing it after that is not hanging up at once.
      let isOld = NIODeadline.now() - since >= dialer.configuration.reconnectBackoff.maximum
      reconnect.disconnected(isProven: link.isProven || isOld)
    case .connecting:
      reconnect.attemptFailed()
    case .idle, .waiting, .closed:
      break
    }
    logger.debug("Redis connection lost", metadata: ["error": "\(error)", "wasReady": "\(wasReady)"])
    // Before any callback, so that what it sends waits for the next connection instead of failing with the others.
    let inFlight = link.takeInFlight()
    let unsent = owner?.takeUnsent() ?? []
    reopen()
    for slot in inFlight { slot.then?(.failure(error)) }
    if !unsent.isEmpty {
      let neverSent = error.asNeverSent
      for slot in unsent { slot.then?(.failure(neverSent)) }
    }
    owner?.linkIsLost(error)
    if wasReady {
      hooks.onDisconnect?(RedisDisconnect(eventLoop: eventLoop, generation: generation, error: error))
    }
  }

  func linkWasRefused(_ link: RedisLink, _ error: RedisServerError) {
    guard dialer.reconnects(after: error) else { return }
    link.lose(RedisError(.unknown, .connectionClosed, message: "the server is the wrong one now: \(error)"))
  }
}

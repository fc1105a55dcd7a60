import DequeModule
public import NIOCore
import Synchronization

/// A connection that is bound to one event loop, shared by everybody on it, and reconnects by itself.
///
/// This is the hot path: commands are written straight into one buffer, go out once per tick of the loop, and their
/// replies are matched in order; a command costs no allocation but its callback. While the first connection is being
/// made, or the first after a loss, commands wait; once an attempt has failed they fail at once, until connected again.
///
/// - Important: Every method must be called on ``eventLoop``, which is checked in every build.
///
/// Sendable without the compiler's proof: every access to its state checks first that it runs on the one event loop
/// that owns it, so that no two threads ever meet in it.
public final class RedisConnection: @unchecked Sendable {
  /// How many bytes go to the channel before it is asked again whether it takes more.
  ///
  /// What the channel has is of unknown outcome when the connection is lost, so no more than 256 KiB at a time, several
  /// times its high-water mark.
  static let handoverBytes = 256 * 1024

  /// The event loop that the connection is bound to.
  public let eventLoop: any EventLoop

  let configuration: RedisConfiguration
  let supervisor: LinkSupervisor
  let mailbox: CommandMailbox

  /// Whether there is a link, for whoever chooses a connection from another thread: a hint, nothing more.
  let isUp = Atomic<Bool>(false)

  var queue = CommandQueue()
  var isDraining = false
  var nextCheck = NIODeadline.distantFuture
  var check: Scheduled<Void>?
  var readyWaiters: [EventLoopPromise<Void>] = []
  var drained: EventLoopPromise<Void>?
  private var nextID: UInt64 = 1
  private var isFlushScheduled = false

  init(eventLoop: any EventLoop, dialer: RedisDialer, supervisor: LinkSupervisor) {
    self.eventLoop = eventLoop
    self.configuration = dialer.configuration
    self.supervisor = supervisor
    self.mailbox = CommandMailbox(eventLoop: eventLoop)
    supervisor.owner = self
  }

  /// Whether commands go to the server right away.
  public var isConnected: Bool {
    eventLoop.preconditionInEventLoop()
    return supervisor.readyLink != nil
  }

  /// Counts the connections that were opened here; the one that is open now, or was last, has this number.
  public var generation: UInt64 {
    eventLoop.preconditionInEventLoop()
    return supervisor.generation
  }

  /// Why there is no connection; nil while there is one, and before the first attempt has ended.
  public var lastError: RedisError? {
    eventLoop.preconditionInEventLoop()
    return supervisor.lastError
  }

  /// Sends a command.
  ///
  /// - Parameters:
  ///   - timeout: How long the caller waits, from now; nil for the configuration's `commandTimeout`.
  ///   - encode: Writes the command, at once. It must not use the connection.
  ///   - then: Called once, on the event loop, never before this method returns. A failure says in
  ///     ``RedisError/outcome`` whether the command may have had its effect.
  @inlinable
  public func send(
    timeout: TimeAmount? = nil,
    _ encode: (inout RESPCommandWriter) -> Void,
    then: @escaping (Result<RESPValue, RedisError>) -> Void
  ) {
    submit(deadline: deadline(after: timeout), encode: encode, fallback: nil, then: then)
  }

  @usableFromInline
  func deadline(after timeout: TimeAmount?) -> NIODeadline {
    .now() + (timeout ?? configuration.commandTimeout)
  }

  /// Queues a command, or fails it when it cannot wait.
  ///
  /// - Returns: What ``abandon(_:code:)`` takes; 0 when the command has failed.
  @discardableResult @usableFromInline
  func submit(
    deadline: NIODeadline,
    encode: (inout RESPCommandWriter) -> Void,
    fallback: ((inout RESPCommandWriter) -> Void)?,
    then: @escaping (Result<RESPValue, RedisError>) -> Void
  ) -> UInt64 {
    eventLoop.preconditionInEventLoop()
    guard let link = supervisor.readyLink else {
      supervisor.start()
      if let error = isDraining ? Self.shutDown : refusalWhileDown() { return failSoon(error, then) }
      return append(deadline, encode, fallback, then)
    }
    if let error = isDraining ? Self.shutDown : refusalWhenFull(link) { return failSoon(error, then) }
    let id = append(deadline, encode, fallback, then)
    scheduleFlush(link)
    return id
  }

  func append(
    _ deadline: NIODeadline,
    _ encode: (inout RESPCommandWriter) -> Void,
    _ fallback: ((inout RESPCommandWriter) -> Void)?,
    _ then: @escaping (Result<RESPValue, RedisError>) -> Void
  ) -> UInt64 {
    let id = nextID
    nextID += 1
    append(ReplySlot(id: id, deadline: deadline, then: then, fallback: fallback), encode)
    return id
  }

  func append(_ slot: ReplySlot, _ encode: (inout RESPCommandWriter) -> Void) {
    queue.append(slot, encode: encode)
    if slot.deadline < nextCheck { scheduleCheck(at: slot.deadline) }
  }

  /// One flush a tick; while replies are being handed out, one after the last of them.
  private func scheduleFlush(_ link: RedisLink) {
    guard !isFlushScheduled, !link.isReading else { return }
    isFlushScheduled = true
    eventLoop.assumeIsolated().execute {
      self.isFlushScheduled = false
      self.flush()
    }
  }

  /// Hands over what the channel takes.
  func flush() {
    guard let link = supervisor.readyLink else { return }
    while !queue.isEmpty, link.isWritable {
      handOver(to: link)
    }
  }

  private func handOver(to link: RedisLink) {
    link.write(link.take(from: &queue, limit: RedisConnection.handoverBytes))
    queue.recycle()
  }
}

public import NIOCore

/// A fresh connection that nobody else uses yet: what is sent here goes ahead of all waiting commands.
///
/// It is of use only until the future that the `prepare` hook returned completes; the configuration's `connectTimeout`
/// bounds all of it.
public final class RedisSession: Sendable {
  /// The event loop that the connection is bound to.
  ///
  /// Everything here is called on it.
  public let eventLoop: any EventLoop

  /// Counts the connections that this place in the client has opened; 1 is the first.
  public let generation: UInt64

  private let link: NIOLoopBound<RedisLink>

  init(link: RedisLink, eventLoop: any EventLoop, generation: UInt64) {
    self.link = NIOLoopBound(link, eventLoop: eventLoop)
    self.eventLoop = eventLoop
    self.generation = generation
  }

  /// Calls this connection something that ``RedisClient/closeConnections(labelledOtherThan:on:)`` knows it by.
  ///
  /// Must be called on ``eventLoop``.
  ///
  /// - Parameter label: Any number; a later call replaces it.
  public func label(_ label: Int) { link.value.label = label }

  /// Sends a command.
  ///
  /// Must be called on ``eventLoop``.
  ///
  /// - Parameter encode: Writes the command, at once.
  /// - Returns: The reply, or a ``RedisError``.
  public func send(_ encode: (inout RESPCommandWriter) -> Void) -> EventLoopFuture<RESPValue> {
    let promise = eventLoop.makePromise(of: RESPValue.self)
    var queue = CommandQueue()
    // The attempt's own timer bounds it; there is no second deadline.
    let slot = ReplySlot(id: 0, deadline: .distantFuture, then: { promise.completeWith($0.mapError { $0 }) })
    queue.append(slot, encode: encode)
    if link.value.isLost {
      promise.fail(RedisError(.neverSent, .connectionClosed, message: "the connection was lost"))
    } else {
      link.value.write(link.value.take(from: &queue, limit: .max))
    }
    return promise.futureResult
  }

  /// Sends a command made of texts.
  ///
  /// Must be called on ``eventLoop``.
  ///
  /// - Parameter arguments: The command and its arguments.
  /// - Returns: The reply, or a ``RedisError``.
  public func send(_ arguments: String...) -> EventLoopFuture<RESPValue> {
    send { writer in
      writer.begin(arguments.count)
      for argument in arguments { writer.bulk(argument) }
    }
  }
}

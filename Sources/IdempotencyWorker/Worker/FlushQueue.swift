import NIOCore

/// The channels of an event loop whose bytes go out when all that came in with this tick is dealt with.
///
/// A flush at once would wake the other side for each request; what it does then takes the processor from the requests
/// that have come in as well. Measured with the other side on the same two cores: a tenth less time for each request.
final class FlushQueue {
  private let eventLoop: any EventLoop
  private var contexts: [ChannelHandlerContext] = []

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Flushes a channel at the end of the tick.
  func append(_ context: ChannelHandlerContext) {
    contexts.append(context)
    guard contexts.count == 1 else { return }
    eventLoop.assumeIsolated().execute {
      let contexts = self.contexts
      self.contexts.removeAll(keepingCapacity: true)
      for context in contexts { context.flush() }
    }
  }
}

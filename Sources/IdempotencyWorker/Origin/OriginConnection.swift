import NIOCore
import NIOHTTP1

/// One connection to the origin: one request at a time, again and again.
final class OriginConnection: ChannelDuplexHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundIn = Never
  typealias OutboundOut = HTTPClientRequestPart

  private unowned let pool: OriginPool
  private let transcoder: FieldByteTranscoder
  private var context: ChannelHandlerContext?

  private weak var receiver: (any OriginReceiver)?
  private var isRequestComplete = true
  private var isAnswerComplete = true
  /// The answer lets the connection be used again.
  private var isReusable = true
  /// The answer is whole, and the connection is given back as soon as nothing follows it.
  private var isReleasing = false
  /// Reading waits until whoever gets the answer can take more.
  private var isPaused = false
  private var hasPendingRead = false
  /// When it last had nothing to do; when anything went over it last.
  private(set) var lastActivity = NIODeadline.now()
  /// It has served a request before.
  private(set) var isReused = false

  init(pool: OriginPool, transcoder: FieldByteTranscoder) {
    self.pool = pool
    self.transcoder = transcoder
  }

  /// Whether it takes bytes without keeping them waiting.
  var isWritable: Bool { context?.channel.isWritable ?? false }

  var isActive: Bool { context?.channel.isActive ?? false }

  /// Nothing of an answer has come, and nothing is known to be wrong.
  var isIdle: Bool { isRequestComplete && isAnswerComplete && isActive }

  // MARK: For whoever has a request

  /// Writes a request's head, and its body as far as it is there.
  ///
  /// Nothing is sent before ``flush()``.
  ///
  /// - Parameters:
  ///   - head: With its framing.
  ///   - body: The first bytes, or all of them.
  ///   - trailers: What follows a body that is complete.
  ///   - isComplete: Nothing follows.
  ///   - receiver: Who gets the answer.
  func send(
    _ head: NIOHTTP1.HTTPRequestHead, body: ByteBuffer?, trailers: HTTPHeaders? = nil, isComplete: Bool,
    to receiver: any OriginReceiver
  ) {
    guard let context else { return receiver.originFailed(.notReached("the connection was closed")) }
    self.receiver = receiver
    isRequestComplete = isComplete
    isAnswerComplete = false
    isReusable = true
    lastActivity = .now()
    transcoder.expectHead()
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if let body, body.readableBytes > 0 { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
    if isComplete { context.write(wrapOutboundOut(.end(trailers)), promise: nil) }
  }

  /// Writes more of the body.
  func send(_ bytes: ByteBuffer) {
    lastActivity = .now()
    context?.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
  }

  /// Ends the body.
  func sendEnd(_ trailers: HTTPHeaders?) {
    isRequestComplete = true
    lastActivity = .now()
    context?.write(wrapOutboundOut(.end(trailers)), promise: nil)
  }

  /// Sends what was written.
  func flush() { context?.flush() }

  /// Hands the rest of the answer to somebody else.
  func pass(to receiver: any OriginReceiver) { self.receiver = receiver }

  /// Reads no more for now.
  func pause() { isPaused = true }

  /// Reads on.
  func resume() {
    guard isPaused else { return }
    isPaused = false
    lastActivity = .now()
    if hasPendingRead {
      hasPendingRead = false
      context?.read()
    }
  }

  /// Nobody wants the answer any more.
  func abandon() {
    receiver = nil
    if isIdle { return pool.release(self) }
    close()
  }

  func close() {
    receiver = nil
    context?.close(promise: nil)
  }

  /// Asks the kernel whether the origin has closed a connection that was not used for a while.
  ///
  /// Its end may have come in with the very bytes that made us look here: then it is not read yet.
  func isStillOpen() -> Bool {
    guard isIdle, let provider = context?.channel as? any SocketOptionProvider else { return isIdle }
    #if os(Linux)
      var isEstablished = true
      // On its own loop the future is complete before it is returned.
      provider.getTCPInfo().assumeIsolated().whenSuccess { info in
        // The first member is the state, and 1 is ESTABLISHED (linux/tcp.h).
        isEstablished = withUnsafeBytes(of: info) { $0[0] == 1 }
      }
      return isEstablished
    #else
      return true
    #endif
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func read(context: ChannelHandlerContext) {
    if isPaused { hasPendingRead = true } else { context.read() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    lastActivity = .now()
    switch unwrapInboundIn(data) {
    case .head(let head):
      transcoder.expectsHead = false
      guard !isAnswerComplete else { return close() }  // Nobody asked.
      if let problem = head.problem {
        fail(problem)
        return context.close(promise: nil)
      }
      if !head.isKeepAlive { isReusable = false }
      receiver?.originAnswered(head)
    case .body(let bytes):
      receiver?.originSent(bytes)
    case .end(let trailers):
      guard !isAnswerComplete else { return }
      isAnswerComplete = true
      isPaused = false
      let receiver = receiver
      self.receiver = nil
      // An answer before the whole request was read leaves bytes on the way that nobody will read.
      isReleasing = isReusable && isRequestComplete
      if !isReleasing { context.close(promise: nil) }
      receiver?.originEnded(trailers)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    receiver?.originReadComplete()
    // Not before all that was read is decoded: what follows an answer must not become the answer to the next request.
    if isReleasing {
      isReleasing = false
      isReused = true
      pool.release(self)
    }
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      lastActivity = .now()
      receiver?.originTakesMore()
    }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail("the origin's answer cannot be read, or its connection broke: \(error)")
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    fail("the origin closed the connection before its answer was whole")
    pool.closed(self)
    context.fireChannelInactive()
  }

  private func fail(_ reason: String) {
    let receiver = receiver
    self.receiver = nil
    isReusable = false
    if !isAnswerComplete { receiver?.originFailed(.lost(reason)) }
  }
}

import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One connection to the origin: one request at a time, again and again.
final class OriginConnection: ChannelDuplexHandler, Flushable {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  private unowned let pool: OriginPool
  /// Whose it is, as the pool knows; nil while it is idle.
  var holder: OriginShares.Holder?
  private var decoder: AnswerDecoder
  private var encoder = OriginRequestEncoder()
  private var context: ChannelHandlerContext?
  /// What ``isStillOpen()`` looks at; the channel's own, and its until the channel is inactive.
  ///
  /// Kept, because to find it costs as much as parsing a head.
  private var socket: NIOBSDSocket.Handle?

  /// Who gets the answer; gone with its end, with the connection, or with the wish for it.
  private var receiver: (any OriginReceiver)?
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

  init(pool: OriginPool, limits: MessageLimits) {
    self.pool = pool
    decoder = AnswerDecoder(limits: limits)
  }

  /// How many bytes wait for the kernel before ``isWritable`` is false and ``OriginReceiver/originTakesMore()`` follows.
  ///
  /// 64 KiB: as NIO's channels have it unless they are told otherwise.
  static let writeBuffer = 64 * 1024

  /// Whether it takes bytes without keeping them waiting.
  var isWritable: Bool { context?.channel.isWritable ?? false }

  /// Whether a request can be sent on it.
  var isActive: Bool { !isClosing && context?.channel.isActive ?? false }

  /// It was closed; with TLS the channel is active until the origin has said so, too.
  private var isClosing = false

  /// Nothing of an answer has come, and nothing is known to be wrong.
  var isIdle: Bool { isRequestComplete && isAnswerComplete && isActive }

  // MARK: For whoever has a request

  /// Writes a request's head, and its body as far as it is there.
  ///
  /// Nothing is sent before ``flush()``.
  ///
  /// - Parameters:
  ///   - request: The head, with its framing.
  ///   - body: The first bytes, or all of them.
  ///   - trailers: What follows a body that is complete.
  ///   - isComplete: Nothing follows.
  ///   - receiver: Who gets the answer.
  func send(
    _ request: OriginRequest, body: ByteBuffer, trailers: FieldLines? = nil, isComplete: Bool,
    to receiver: any OriginReceiver
  ) {
    guard let context else { return receiver.originFailed(.notReached("the connection was closed")) }
    self.receiver = receiver
    isRequestComplete = isComplete
    isAnswerComplete = false
    isReusable = true
    lastActivity = .now()
    decoder.expect(toHead: request.head.isHead)
    encoder.begin(request, context)
    if body.readableBytes > 0 { encoder.send(body, context) }
    if isComplete { encoder.end(trailers, context) }
  }

  /// Writes more of the body.
  func send(_ bytes: ByteBuffer) {
    lastActivity = .now()
    if let context { encoder.send(bytes, context) }
  }

  /// Ends the body.
  func sendEnd(_ trailers: FieldLines?) {
    isRequestComplete = true
    lastActivity = .now()
    if let context { encoder.end(trailers, context) }
  }

  /// Sends what was written, with this tick's other bytes.
  func flush() {
    // Whoever waits for room must not wait for a flush.
    if isWritable { pool.flushes.append(self) } else { flushNow() }
  }

  func flushNow() {
    guard let context else { return }
    encoder.handOver(to: context)
    context.flush()
  }

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
    if let context { shut(context) }
  }

  private func shut(_ context: ChannelHandlerContext) {
    isClosing = true
    context.close(promise: nil)
  }

  /// Asks the kernel whether the origin has closed a connection that was not used for a while.
  ///
  /// Its end may have come in with the very bytes that made us look here: then it is not read yet.
  func isStillOpen() -> Bool {
    guard isIdle, let socket else { return isIdle }
    var byte: UInt8 = 0
    // 0 is the end, and nobody asked for a byte: an origin that says something now does not answer a request.
    return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0 && errno == EAGAIN
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    socket = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable { $0 }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    socket = nil
  }

  func read(context: ChannelHandlerContext) {
    if isPaused { hasPendingRead = true } else { context.read() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isAnswerComplete else { return close() }  // Nobody asked.
    guard !encoder.isHeadPending else {
      fail("the origin said something before it was asked, as one does that closes its connection")
      return shut(context)
    }
    decoder.append(unwrapInboundIn(data))
    do throws(BadMessage) {
      while let part = try decoder.next() { take(part, context) }
    } catch {
      fail("the origin's answer cannot be read: \(error.detail)")
      shut(context)
    }
  }

  private func take(_ part: AnswerDecoder.Part, _ context: ChannelHandlerContext) {
    // Interim answers are no sign of life yet: an origin that sends nothing else is silent.
    if case .interim = part { return }
    lastActivity = .now()
    switch part {
    case .interim: break
    case .head(let head):
      if !head.framing.isKeepAlive { isReusable = false }
      receiver?.originAnswered(head)
    case .body(let bytes):
      receiver?.originSent(bytes)
    case .end(let trailers):
      isAnswerComplete = true
      isPaused = false
      let receiver = receiver
      self.receiver = nil
      // An answer before the whole request was read leaves bytes on the way that nobody will read; and what follows an
      // answer must not become the answer to the next request.
      isReleasing = isReusable && isRequestComplete && !decoder.hasBytes
      if !isReleasing { shut(context) }
      receiver?.originEnded(trailers)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    receiver?.originReadComplete()
    // Not before all that was read is here: more may follow the answer in the next piece.
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
    fail("the connection to the origin broke: \(error)")
    shut(context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    socket = nil
    if let end = decoder.finish() {
      isReusable = false
      take(end, context)
    }
    fail("the origin closed the connection before its answer was whole")
    pool.closed(self)
    context.fireChannelInactive()
  }

  private func fail(_ reason: String) {
    let receiver = receiver
    self.receiver = nil
    isReusable = false
    encoder.discard()
    guard !isAnswerComplete else { return }
    receiver?.originFailed(encoder.isHeadPending ? .notReached(reason) : .lost(reason))
  }
}

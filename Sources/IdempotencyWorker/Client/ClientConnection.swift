import Idempotency
import Logging
import NIOCore
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One client's connection: takes its requests one after the other, and gives each its answer.
///
/// The files beside this one follow a request: `+Request` takes it in and decides, `+Guarded` reads its body and runs its
/// exchange, ``Forwarding`` passes an unguarded one through, `+Answer` writes.
///
/// Bytes come in and go out: the decoder alone knows where a request ends, and gives the next part only when it can be
/// taken. So a request that is pipelined behind another waits in the decoder's buffer, as bytes.
///
/// A client that has sent its requests may say that it will send no more, and go on reading (rule W1). One that has gone
/// says the same: the two cannot be told apart before something is written. So every whole request is answered, half a
/// request is none, and nobody waits for another's operation on behalf of such a client: it is answered at once what it
/// would be told at the end of its wait. Over TLS this is said by a close notification; a connection that ends without
/// one is broken off.
final class ClientConnection: ChannelDuplexHandler, Flushable {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  let loop: WorkerLoop
  private var decoder: RequestDecoder
  private(set) var context: ChannelHandlerContext?
  /// Who is on the other side; known once the channel is active.
  private(set) var address: ClientAddress

  var phase = Phase.idle
  /// The head of the request that is being served.
  var request: Request?
  private var isTaking = false
  private var hasPendingRead = false
  /// After this answer the connection ends.
  var closesAfterAnswer = false
  /// When bytes of this client came last, or went to it.
  var lastActivity = NIODeadline.now()
  /// Since when an incomplete head has been waiting.
  private var headSince: NIODeadline?
  /// Bytes of a refused request that were thrown away.
  private var discarded = 0
  private var isClosed = false
  /// The client sends no more.
  private(set) var isInputClosed = false
  /// All that was to be said is with the kernel.
  private var isSaid = false
  /// More may be in the bytes that were read just now.
  private(set) var isReading = false

  /// The most that is read of a refused request, so that its sender can read the answer and use the connection again.
  ///
  /// 64 MiB: many clients look for an answer only when all is sent, and give up where sending fails. Time bounds it too.
  static let maximumDiscarded = 64 << 20

  /// What is being done.
  enum Phase {
    /// Waiting for a request.
    case idle
    /// A task finds out who is calling; what comes in meanwhile waits.
    case identifying
    /// Reading a guarded request's body.
    case collecting(Collecting)
    /// A guarded request is complete; its exchange runs.
    case exchanging(ExchangeRunner)
    /// An unguarded request passes through, or a guarded one's answer that is too large to be kept.
    case forwarding(Forwarding)
    /// The answer is out; the rest of the request is thrown away.
    case discarding
    /// Nothing more is read or written.
    case closing
  }

  /// What is known of a request besides its body.
  struct Request {
    let head: RequestHead
    let fields: RequestFields
    /// The policies that were in force when it came.
    let site: Site
    /// `Expect: 100-continue` was sent, and not answered yet.
    var expectsContinue: Bool
    /// All of its body was read.
    var isComplete = false

    init(head: RequestHead, fields: RequestFields, site: Site) {
      self.head = head
      self.fields = fields
      self.site = site
      expectsContinue = fields.expectsContinue
    }

    /// The length that it declares for its body, in bytes; 0 where it declares none.
    var declaredLength: Int { head.framing.contentLength ?? 0 }
  }

  init(loop: WorkerLoop) {
    self.loop = loop
    decoder = RequestDecoder(limits: loop.settings.requestLimits)
    address = ClientAddress(nil, scheme: loop.settings.scheme, trusted: [])
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { begin(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  private func begin(_ context: ChannelHandlerContext) {
    address = ClientAddress(
      context.channel.remoteAddress, scheme: loop.settings.scheme, trusted: loop.settings.trustedProxies)
    loop.add(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // Who sends on is not one who reads its last answer; what it sends is thrown away.
    if case .closing = phase { return }
    lastActivity = .now()
    if case .idle = phase, headSince == nil { headSince = lastActivity }
    isReading = true
    decoder.append(unwrapInboundIn(data))
    takeParts()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    if case .forwarding(let forwarding) = phase { forwarding.clientReadComplete() }
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed? = event as? ChannelEvent { inputClosed() }
    context.fireUserInboundEventTriggered(event)
  }

  /// The client sends no more: what is here of requests is all that there will be.
  private func inputClosed() {
    isInputClosed = true
    if case .exchanging(let exchange) = phase { exchange.clientLeft() }
    takeParts()
  }

  func read(context: ChannelHandlerContext) {
    if wantsBytes { context.read() } else { hasPendingRead = true }
  }

  /// Reads on, if reading was put off.
  func readOn() {
    guard hasPendingRead, wantsBytes else { return }
    hasPendingRead = false
    context?.read()
  }

  private var wantsBytes: Bool {
    switch phase {
    case _ where isInputClosed: false
    case .forwarding(let forwarding) where !(request?.isComplete ?? true): forwarding.takesMore
    // Who does not read its answers is not asked for more requests.
    case .idle: isWritable
    case .collecting, .discarding, .closing: true
    // What comes while a request is served waits, one read of it: to stop reading and begin again would cost two system
    // calls for each request, and a client that goes away would not be noticed.
    case .identifying, .exchanging, .forwarding: !decoder.hasBytes
    }
  }

  /// Bytes are here behind the request that is served.
  var hasMoreBytes: Bool { decoder.hasBytes }

  private var takesPart: Bool {
    switch phase {
    case .idle: isWritable
    case .collecting, .forwarding, .discarding: !(request?.isComplete ?? true)
    case .identifying, .exchanging, .closing: false
    }
  }

  /// Takes of the bytes that have come what can be taken now.
  func takeParts() {
    // A request that is answered at once comes back here: the loop below goes on with the next.
    guard !isTaking else { return }
    isTaking = true
    while takesPart, let part = nextPart() { take(part) }
    isTaking = false
    // What is missing does not come: another request, or the rest of this one.
    if isInputClosed, takesPart {
      if case .forwarding(let forwarding) = phase { forwarding.requestBroken(nil) } else { close() }
      return
    }
    // Half a head may wait behind the request that was answered.
    if case .idle = phase { headSince = decoder.hasBytes ? headSince ?? lastActivity : nil }
    readOn()
  }

  private func nextPart() -> RequestDecoder.Part? {
    do throws(BadMessage) {
      return try decoder.next()
    } catch {
      switch phase {
      case .idle, .collecting: refuse(error)
      // The origin never gets the end of this request.
      case .forwarding(let forwarding): forwarding.requestBroken(error)
      case .identifying, .exchanging, .discarding, .closing: close()
      }
      return nil
    }
  }

  private func take(_ part: RequestDecoder.Part) {
    switch (phase, part) {
    case (.idle, .head(let head)):
      headSince = nil
      discarded = 0
      took(head)
    case (.collecting(let collecting), .body(let bytes)): collect(bytes, collecting)
    case (.collecting(let collecting), .end(let trailers)):
      request?.isComplete = true
      collected(collecting, passed(trailers))
    case (.forwarding(let forwarding), .body(let bytes)): forwarding.send(bytes)
    case (.forwarding(let forwarding), .end(let trailers)):
      request?.isComplete = true
      forwarding.sendEnd(passed(trailers))
    case (.discarding, .body(let bytes)): discard(bytes)
    case (.discarding, .end):
      request?.isComplete = true
      answered()
    // Never: the decoder gives a head only behind an end, and nothing is taken in the other phases.
    case (.idle, _), (_, .head), (.identifying, _), (.exchanging, _), (.closing, _): break
    }
  }

  /// Trailers without what policies rely on: only the head was checked.
  private func passed(_ trailers: FieldLines?) -> FieldLines? {
    guard let trailers, let relied = request?.site.relied else { return trailers }
    return FieldLines(trailers.bytes, trailers.lines.filter { !relied.contains(trailers.readName($0)) })
  }

  private func discard(_ bytes: ByteBuffer) {
    discarded += bytes.readableBytes
    if discarded > Self.maximumDiscarded { close() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      lastActivity = .now()
      // Nothing was read while the client did not read.
      if headSince != nil { headSince = lastActivity }
      if case .forwarding(let forwarding) = phase { forwarding.clientTakesMore() } else { takeParts() }
    }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .closing = phase { return }
    close()
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosed = true
    loop.remove(self)
    leave()
    context.fireChannelInactive()
  }

  // MARK: The end of an answer

  /// The answer is written.
  ///
  /// Goes on with the next request, or ends the connection.
  func answered() {
    guard let request else { return close() }
    guard request.isComplete else {
      // Who has not been told to send its body will not.
      if request.expectsContinue { return close() }
      // The rest of the request is read and thrown away, so that its sender comes to read the answer.
      phase = .discarding
      takeParts()
      return
    }
    self.request = nil
    if closesAfterAnswer || isClosed { return close() }
    phase = .idle
    lastActivity = .now()
    takeParts()
  }

  /// Ends the connection as soon as what was written is sent.
  ///
  /// To close a channel outright would drop what the kernel has not taken yet, and to close a socket with unread bytes
  /// would reset it: its peer would lose the answer. So the end is said first, and what still comes is read for a moment.
  func close() {
    if case .closing = phase { return }
    leave()
    guard let context else { return }
    context.flush()
    let channel = context.channel
    let eventLoop = loop.eventLoop
    let isSent = eventLoop.makePromise(of: Void.self)
    isSent.futureResult.assumeIsolated().whenComplete { _ in
      self.isSaid = true
      self.loop.checkIdle()
      // Never from within a flush, where TLS could not say its end any more.
      let delay = self.isInputClosed ? .zero : Self.lingering
      eventLoop.assumeIsolated().scheduleTask(in: delay) { channel.close(mode: .all, promise: nil) }
    }
    if isInputClosed {
      // To end the output of a channel whose input has ended closes it outright. No bytes are sent behind all others.
      context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: isSent)
    } else {
      channel.close(mode: .output, promise: isSent)
    }
    readOn()
  }

  /// Nothing more is served: the client has left, or is left.
  ///
  /// Whatever ends a connection comes here.
  private func leave() {
    let left = phase
    phase = .closing
    decoder.discard()
    switch left {
    case .forwarding(let forwarding): forwarding.clientGone()
    case .exchanging(let exchange): exchange.clientLeft()
    case .idle, .identifying, .collecting, .discarding, .closing: break
    }
  }

  /// 1 s: a peer on the other side of the world has read the end by then, and has closed too.
  private static let lingering = TimeAmount.seconds(1)

  /// Breaks the connection off, so that nobody takes its end for that of an answer.
  func abort() {
    leave()
    context?.flush()
    guard let channel = context?.channel else { return }
    _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    // Not through TLS, which would say a clean end.
    if let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
      tls.close(promise: nil)
    } else {
      channel.close(promise: nil)
    }
  }

  /// Ends the connection when it is next idle.
  func quiesce() {
    closesAfterAnswer = true
    if case .idle = phase, headSince == nil { close() }
  }

  /// Whether this client is still owed something: an answer, or the rest of one.
  var isBusy: Bool {
    switch phase {
    case .idle: false
    case .closing: !isSaid && !isClosed
    case .identifying, .collecting, .exchanging, .forwarding, .discarding: true
    }
  }

  // MARK: Time-outs

  /// Ends what takes too long.
  func checkTimeouts(_ now: NIODeadline) {
    let settings = loop.settings
    switch phase {
    case .idle:
      if !isWritable {
        // The client does not read its answers.
        if now - lastActivity >= settings.bodyTimeout { context?.channel.close(mode: .all, promise: nil) }
      } else if let headSince {
        if now - headSince >= settings.headerTimeout { refuse(.slow) }
      } else if now - lastActivity >= settings.idleTimeout {
        close()
      }
    case .collecting(let collecting):
      let isTooSlow = collecting.isTooSlow(now, loop.shared.held, allowed: settings.bodyTimeout)
      if now - lastActivity >= settings.bodyTimeout || isTooSlow { refuse(.slow) }
    case .discarding:
      if now - lastActivity >= settings.bodyTimeout { close() }
    case .forwarding(let forwarding):
      forwarding.checkTimeouts(now)
    case .closing:
      // Whoever does not read its last answer is not waited for.
      if now - lastActivity >= settings.bodyTimeout { context?.channel.close(mode: .all, promise: nil) }
    case .identifying, .exchanging: break
    }
  }
}

import DequeModule
import Idempotency
import Logging
import NIOCore
import NIOHTTP1
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
/// exchange, `+Forward` passes an unguarded one through, `+Answer` writes.
///
/// NIOHTTP1's pipelining handler is not used because answers are written as bytes here (see ``HeadWriter``); what it does
/// is the `backlog` and the gate before `read`.
final class ClientConnection: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  let loop: WorkerLoop
  let transcoder: FieldByteTranscoder
  private(set) var context: ChannelHandlerContext?
  /// Who is on the other side; known once the channel is active.
  private(set) var address: ClientAddress

  var phase = Phase.idle
  /// The head of the request that is being served.
  var request: Request?
  /// Parts of later requests that came along with this one; of a head, whether its fields are known byte for byte.
  private var backlog: Deque<(part: HTTPServerRequestPart, isExact: Bool)> = []
  private var isTakingBacklog = false
  /// What was read last is the end of a request.
  private var isBetweenRequests = true
  private var hasPendingRead = false
  /// What is wrong with what follows the request that is being served.
  private var badRequest: BadRequest?
  /// After this answer the connection ends.
  var closesAfterAnswer = false
  /// When bytes of this client came last, or went to it.
  var lastActivity = NIODeadline.now()
  /// When the first bytes of a head came that is not complete.
  private var headSince: NIODeadline?
  /// Bytes of a refused request that were thrown away.
  private var discarded = 0
  private var isClosed = false
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
    case exchanging
    /// An unguarded request passes through, or a guarded one's answer that is too large to be kept.
    case forwarding(Forwarding)
    /// The answer is out; the rest of the request is thrown away.
    case discarding
    /// Nothing more is read or written.
    case closing
  }

  /// What is known of a request besides its body.
  struct Request {
    let head: NIOHTTP1.HTTPRequestHead
    let fields: RequestFields
    /// The policies that were in force when it came.
    let site: Site
    /// `Expect: 100-continue` was sent, and not answered yet.
    var expectsContinue: Bool
    /// All of its body was read.
    var isComplete = false

    init(head: NIOHTTP1.HTTPRequestHead, fields: RequestFields, site: Site) {
      self.head = head
      self.fields = fields
      self.site = site
      expectsContinue = fields.expectsContinue
    }

    var isHead: Bool { head.method == .HEAD }

    /// The length that it declares for its body, in bytes; 0 where it declares none.
    var declaredLength: Int { fields.contentLength ?? 0 }
  }

  init(loop: WorkerLoop, transcoder: FieldByteTranscoder) {
    self.loop = loop
    self.transcoder = transcoder
    address = ClientAddress(nil, scheme: loop.settings.scheme, trusted: [])
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    transcoder.onBytes = { [unowned self] in bytesCame() }
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

  private func bytesCame() {
    let before = lastActivity
    lastActivity = .now()
    if case .idle = phase, headSince == nil { headSince = lastActivity }
    // Who sends on is not one who reads its last answer.
    if case .closing = phase { lastActivity = before }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    isReading = true
    var isExact = false
    switch part {
    case .head:
      isExact = transcoder.expectsHead
      transcoder.expectsHead = false
      isBetweenRequests = false
    case .body: break
    case .end: isBetweenRequests = true
    }
    if backlog.isEmpty, takes(part) { take(part, isExact: isExact) } else { backlog.append((part, isExact)) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    if case .forwarding(let forwarding) = phase { forwarding.clientReadComplete() }
    // Only a head that begins a read of its own is exact: where the one before it ends is not known any sooner.
    if isBetweenRequests, !transcoder.expectsHead { transcoder.expectHead() }
    context.fireChannelReadComplete()
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
    // What comes while a request is served waits, one read of it: to stop reading and begin again would cost two system
    // calls for each request, and a client that goes away would not be noticed.
    guard backlog.isEmpty, badRequest == nil else { return false }
    switch phase {
    case .forwarding(let forwarding) where !(request?.isComplete ?? true): return forwarding.takesMore
    // Who does not read its answers is not asked for more requests.
    case .idle: return isWritable
    default: return true
    }
  }

  private func takes(_ part: HTTPServerRequestPart) -> Bool {
    switch phase {
    case .closing: true
    case .idle: isWritable
    case .collecting, .forwarding, .discarding: !(request?.isComplete ?? true)
    case .identifying, .exchanging: false
    }
  }

  private func take(_ part: HTTPServerRequestPart, isExact: Bool) {
    switch (phase, part) {
    case (.closing, _): break
    case (.idle, .head(let head)):
      headSince = nil
      discarded = 0
      took(head, isExact: isExact)
    case (.idle, _): break  // The rest of a request that was cut off.
    case (_, .head): break  // Not before the end of the one before.
    case (.collecting(let collecting), .body(let bytes)): collect(bytes, collecting)
    case (.collecting(let collecting), .end(let trailers)):
      request?.isComplete = true
      collected(collecting, trailers)
    case (.forwarding(let forwarding), .body(let bytes)): forwarding.send(bytes)
    case (.forwarding(let forwarding), .end(let trailers)):
      request?.isComplete = true
      forwarding.sendEnd(trailers)
    case (.discarding, .body(let bytes)): discard(bytes)
    case (.discarding, .end):
      request?.isComplete = true
      answered()
    case (.identifying, _), (.exchanging, _): break
    }
  }

  private func discard(_ bytes: ByteBuffer) {
    discarded += bytes.readableBytes
    if discarded > Self.maximumDiscarded { close() }
  }

  /// Takes what waited, as far as it can be taken now.
  func takeBacklog() {
    // A request that is answered at once comes back here: the loop below goes on with the next.
    guard !isTakingBacklog else { return }
    isTakingBacklog = true
    while let (part, isExact) = backlog.first, takes(part) {
      backlog.removeFirst()
      take(part, isExact: isExact)
    }
    isTakingBacklog = false
    if case .idle = phase, backlog.isEmpty, let bad = badRequest {
      badRequest = nil
      return refuse(bad)
    }
    readOn()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      lastActivity = .now()
      if case .forwarding(let forwarding) = phase { forwarding.clientTakesMore() } else { takeBacklog() }
    }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What is thrown away need not be well-formed.
    if case .closing = phase { return }
    guard error is HTTPParserError || error is ByteToMessageDecoderError else { return close() }
    let bad = BadRequest(error)
    switch phase {
    case .idle where backlog.isEmpty: refuse(bad)
    case .collecting: refuse(bad)
    case .forwarding(let forwarding) where !(request?.isComplete ?? true):
      // The rest of this very request is not well-formed: the origin never gets its end.
      forwarding.requestBroken(bad)
    case .identifying where !isBetweenRequests && !backlog.contains(where: \.part.isEnd):
      refuse(bad)
    case .discarding where !(request?.isComplete ?? true): close()
    case .closing, .idle, .discarding, .forwarding, .exchanging, .identifying:
      // What came before it is served first.
      badRequest = badRequest ?? bad
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosed = true
    loop.remove(self)
    transcoder.onBytes = nil
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
      takeBacklog()
      return
    }
    self.request = nil
    if closesAfterAnswer || isClosed { return close() }
    phase = .idle
    lastActivity = .now()
    takeBacklog()
  }

  /// Ends the connection as soon as what was written is sent.
  ///
  /// To close a channel outright would drop what the kernel has not taken yet, and to close a socket with unread bytes
  /// would reset it: its peer would lose the answer. So the end is said first, and what still comes is read for a moment.
  func close() {
    if case .closing = phase { return }
    leave()
    context?.flush()
    guard let channel = context?.channel else { return }
    let eventLoop = loop.eventLoop
    let isSent = eventLoop.makePromise(of: Void.self)
    isSent.futureResult.assumeIsolated().whenComplete { _ in
      self.isSaid = true
      self.loop.checkIdle()
      eventLoop.assumeIsolated().scheduleTask(in: Self.lingering) { channel.close(mode: .all, promise: nil) }
    }
    channel.close(mode: .output, promise: isSent)
    readOn()
  }

  /// Nothing more is served.
  private func leave() {
    if case .forwarding(let forwarding) = phase { forwarding.clientGone() }
    phase = .closing
    backlog.removeAll()
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
    case .collecting:
      if now - lastActivity >= settings.bodyTimeout { refuse(.slow) }
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

extension HTTPServerRequestPart {
  /// Whether it is the end of a request.
  fileprivate var isEnd: Bool {
    if case .end = self { true } else { false }
  }
}

import Idempotency
import NIOCore

/// Carries one request to the origin and its answer back, as both come: nothing is held but what one side has sent and
/// the other cannot take yet.
final class Forwarding: OriginReceiver {
  private unowned let client: ClientConnection
  private let request: ClientConnection.Request
  private let ignoredKey: Bool
  private var origin: OriginConnection?
  /// What is to be sent when there is a connection.
  private var waiting: (body: ByteBuffer, trailers: FieldLines?, isComplete: Bool)
  private var hasAnswered = false
  private var isOver = false
  /// It went over a connection that had served before, and nothing was ever lost by sending it again.
  private var mayRetry: Bool
  /// How the answer's body is written.
  private var isChunked = false
  /// The end of the connection is the end of the answer.
  private var endsWithConnection = false

  /// The most that is taken from the client before there is a connection.
  private static let maximumWaiting = 64 * 1024

  init(client: ClientConnection, request: ClientConnection.Request, ignoredKey: Bool) {
    self.client = client
    self.request = request
    self.ignoredKey = ignoredKey
    waiting = (ByteBuffer(), nil, false)
    // RFC 9110 section 9.2.2: these may be sent again where a connection turned out to be closed.
    mayRetry = ["GET", "HEAD", "OPTIONS"].contains(request.head.method)
  }

  // MARK: The request

  /// Begins, with the body as far as it is here.
  func start(body: ByteBuffer, trailers: FieldLines?, isComplete: Bool) {
    waiting = (body, trailers, isComplete)
    connect()
  }

  private func connect() {
    client.loop.pool.acquire(for: .unguarded) { result in
      guard !self.isOver else {
        if case .success(let origin) = result { origin.abandon() }
        return
      }
      switch result {
      case .success(let origin): self.connected(origin)
      case .failure(let failure): self.originFailed(failure)
      }
    }
  }

  private func connected(_ origin: OriginConnection) {
    self.origin = origin
    if !origin.isReused { mayRetry = false }
    let framing: BodyFraming
    if request.head.framing.isChunked {
      framing = .chunked
      mayRetry = false
    } else if let length = request.head.framing.contentLength {
      framing = .length(length)
      if length > 0 { mayRetry = false }
    } else {
      framing = .none
    }
    let forwarded = OriginRequest(
      head: request.head, withheld: request.fields.withheld, client: client.address, framing: framing, attempt: nil)
    origin.send(
      forwarded, body: waiting.body, trailers: waiting.trailers, isComplete: waiting.isComplete, to: self)
    waiting.body = ByteBuffer()
    // Within a read the rest of the request usually follows, and goes out in the same write.
    if !client.isReading { origin.flush() }
    if !waiting.isComplete {
      client.sayContinue()
      client.readOn()
    }
  }

  /// Whether more of the request can be taken.
  var takesMore: Bool {
    guard let origin else { return waiting.body.readableBytes < Self.maximumWaiting && !request.expectsContinue }
    return origin.isWritable
  }

  func send(_ bytes: ByteBuffer) {
    guard !isOver else { return }
    guard let origin else { return waiting.body.setOrAppend(bytes) }
    origin.send(bytes)
    if !client.isReading { origin.flush() }
  }

  func sendEnd(_ trailers: FieldLines?) {
    guard !isOver else { return }
    waiting.trailers = trailers
    waiting.isComplete = true
    guard let origin else { return }
    origin.sendEnd(trailers)
    if !client.isReading { origin.flush() }
  }

  /// All that the client sent in one read was handed over.
  func clientReadComplete() { origin?.flush() }

  func originTakesMore() { client.readOn() }

  func originReadComplete() { flush() }

  // MARK: The answer

  /// Delivers the rest of a guarded request's answer, which is too large to be kept or never ends.
  func deliver(_ rest: AnswerRest, as answer: HTTPAnswer) {
    mayRetry = false
    waiting.isComplete = true
    origin = rest.origin
    rest.origin?.pass(to: self)
    hasAnswered = true
    var writer = HeadWriter(ByteBuffer())
    writer.statusLine(answer.status)
    for field in answer.allFields where !HopByHop.isConnectionField(field.name) {
      writer.field(field.name, field.value)
    }
    writeFraming(
      &writer, status: answer.status, length: rest.declaredLength,
      hasDate: answer.fields.contains { $0.name.isField("date") })
    writer.end()
    write(writer.buffer)
    if rest.begun.readableBytes > 0 { originSent(rest.begun) }
    switch rest.end {
    case .ended(let trailers)?: originEnded(trailers)
    case .failed(let failure)?: originFailed(failure)
    case nil: clientTakesMore()
    }
  }

  func originAnswered(_ head: AnswerHead) {
    hasAnswered = true
    let site = request.site
    let nominated = HopByHop.nominated(head.framing)
    var writer = HeadWriter(client.allocate(1024))
    writer.statusLine(head)
    var hasDate = false
    let fields = head.fields
    for line in fields.lines {
      if line.known.isAboutConnection || site.isLayerField(line, of: fields) { continue }
      if fields.isNamed(line, oneOf: nominated) { continue }
      if line.known == .date { hasDate = true }
      writer.field(line, of: fields)
    }
    if ignoredKey { writer.field("Idempotency-Status", IdempotencyStatus.ignored.rawValue) }
    writeFraming(&writer, status: head.status, length: head.framing.contentLength, hasDate: hasDate)
    writer.end()
    // The body usually comes in the same read: it goes out in the same write.
    pending = writer.buffer
  }

  private var pending: ByteBuffer?

  private func writeFraming(_ writer: inout HeadWriter, status: Int, length: Int?, hasDate: Bool) {
    if !hasDate { writer.field("Date", client.loop.httpDate) }
    if status == 204 || status == 304 && length == nil {
      // No body, and no length either.
    } else if let length {
      writer.contentLength(length)
    } else if request.head.isHead {
      // What the length of a body would be is not known.
    } else if request.head.minorVersion > 0 {
      isChunked = true
      writer.line("Transfer-Encoding: chunked")
    } else {
      // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
      client.closesAfterAnswer = true
      endsWithConnection = true
    }
    // The request's rest would have to be read by nobody.
    if !(client.request?.isComplete ?? true) { client.closesAfterAnswer = true }
    client.writeConnection(&writer, request)
  }

  func originSent(_ bytes: ByteBuffer) {
    guard !request.head.isHead else { return }
    if var buffer = pending.take() {
      if isChunked { buffer.writeChunk(bytes) } else { buffer.writeImmutableBuffer(bytes) }
      pending = buffer
    } else if isChunked {
      var buffer = client.allocate(bytes.readableBytes + 16)
      buffer.writeChunk(bytes)
      write(buffer)
    } else {
      write(bytes)
    }
    if !client.isWritable {
      flush()
      if !client.isWritable { origin?.pause() }
    }
  }

  func originEnded(_ trailers: FieldLines?) {
    origin = nil
    guard !isOver else { return }
    isOver = true
    if isChunked {
      var buffer = pending.take() ?? client.allocate(8)
      buffer.writeLastChunk(trailers)
      pending = buffer
    }
    flush()
    client.answered()
  }

  /// Writes what is held back for the sake of one write.
  func flush() {
    if let buffer = pending.take() { write(buffer) }
  }

  private func write(_ buffer: ByteBuffer) { client.write(buffer) }

  func originFailed(_ failure: OriginFailure) {
    let wasReused = origin?.isReused ?? false
    origin = nil
    guard !isOver else { return }
    if mayRetry, wasReused, !hasAnswered {
      mayRetry = false
      return connect()
    }
    isOver = true
    client.loop.metrics.originFailed(failure.kind)
    guard !hasAnswered else {
      // A half answer is told by the connection's end: no length is reached, no last chunk is sent.
      flush()
      return breakOff()
    }
    client.write(HTTPAnswer.gatewayError(failure, ignoredKey: ignoredKey))
  }

  /// Ends the connection in the middle of an answer, so that the client sees that it is not whole.
  private func breakOff() {
    if endsWithConnection { client.abort() } else { client.close() }
  }

  // MARK: The client

  func clientTakesMore() { origin?.resume() }

  func clientGone() {
    isOver = true
    pending = nil
    waiting.body = ByteBuffer()
    origin?.abandon()
    origin = nil
  }

  /// The request turned out not to be well-formed in its middle; nil where it ended there, and nobody is to be told.
  func requestBroken(_ bad: BadMessage?) {
    isOver = true
    pending = nil
    origin?.close()
    origin = nil
    if hasAnswered {
      breakOff()
    } else if let bad {
      client.refuse(bad)
    } else {
      client.close()
    }
  }

  func checkTimeouts(_ now: NIODeadline) {
    let settings = client.loop.settings
    guard let origin else { return }
    if !client.isWritable {
      // The client does not read its answer.
      if now - client.lastActivity >= settings.bodyTimeout { client.abort() }
    } else if !(client.request?.isComplete ?? true), origin.isWritable, !hasAnswered {
      // The client does not send its request.
      if now - max(client.lastActivity, origin.lastActivity) >= settings.bodyTimeout { requestBroken(.slow) }
    } else if now - max(origin.lastActivity, client.lastActivity) >= settings.originTimeout {
      self.origin = nil
      isOver = true
      origin.close()
      client.loop.metrics.originFailed("timeout")
      if hasAnswered { breakOff() } else { client.write(HTTPAnswer.gatewayTimeout(ignoredKey: ignoredKey)) }
    }
  }
}

extension ClientConnection {
  /// Passes an unguarded request through.
  func forward(_ request: Request, ignoredKey: Bool, body: ByteBuffer = ByteBuffer(), trailers: FieldLines? = nil) {
    loop.metrics.requestForwarded()
    if ignoredKey { request.site.metrics.count(.ignored, policy: nil) }
    let forwarding = Forwarding(client: self, request: request, ignoredKey: ignoredKey)
    phase = .forwarding(forwarding)
    forwarding.start(body: body, trailers: trailers, isComplete: self.request?.isComplete ?? true)
  }

  var isWritable: Bool { context?.channel.isWritable ?? false }

  func allocate(_ capacity: Int) -> ByteBuffer {
    context?.channel.allocator.buffer(capacity: capacity) ?? ByteBuffer()
  }

  func write(_ buffer: ByteBuffer) {
    lastActivity = .now()
    guard let context else { return }
    var rest = buffer
    while rest.readableBytes > Self.piece, let piece = rest.readSlice(length: Self.piece) {
      let isSent = context.eventLoop.makePromise(of: Void.self)
      isSent.futureResult.assumeIsolated().whenSuccess { [weak self] in self?.lastActivity = .now() }
      context.write(wrapOutboundOut(piece), promise: isSent)
    }
    context.write(wrapOutboundOut(rest), promise: nil)
    flush()
  }

  /// Large bodies are written in pieces of this size, each noticed when the client has made room for it: who reads
  /// slowly is not one who does not read.
  private static let piece = 64 * 1024
}

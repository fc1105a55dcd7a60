import Idempotency
import NIOCore

extension ClientConnection {
  /// A request's head is here: decides what is to be done with it.
  func took(_ head: RequestHead) {
    if !head.framing.isKeepAlive || loop.isDraining { closesAfterAnswer = true }
    do throws(BadMessage) {
      let site = loop.site
      let fields = try RequestFields(
        head, scheme: loop.settings.scheme, relied: site.relied, dropsMethodOverride: site.dropsMethodOverride)
      // A client may send the other protocol's bytes before it is answered; none is spoken here.
      if fields.asksForUpgrade { closesAfterAnswer = true }
      request = Request(head: head, fields: fields, site: site)
    } catch {
      return refuse(error)
    }
    decide(nil)
  }

  /// Decides; without a caller it is asked who that is, where that counts.
  private func decide(_ caller: Caller?) {
    guard let request else { return }
    var wait: (@Sendable () async -> Caller)?
    let layerHead = Idempotency.HTTPRequestHead(request, scheme: loop.settings.scheme)
    let admission = request.site.policies.admit(
      layerHead,
      caller: {
        if let caller { return caller }
        switch request.site.principals?.resolve(layerHead.lines) {
        case .known(let caller)?: return caller
        case .verify(let verify)?:
          wait = verify
          return .unknown(.missing)
        case nil: return .known(.shared)
        }
      })
    if let wait { return identify(wait) }
    switch admission {
    case .pass(let ignoredKey):
      forward(request, ignoredKey: ignoredKey)
    case .answer(let answer, let policy):
      reply(answer, policyIndex: request.site.index(of: policy))
    case .guarded(let guarded):
      collect(guarded, request)
    }
  }

  /// Waits for a task that verifies a token; the only kind of request that needs one.
  private func identify(_ verify: @escaping @Sendable () async -> Caller) {
    phase = .identifying
    let here = NIOLoopBound(self, eventLoop: loop.eventLoop)
    let eventLoop = loop.eventLoop
    Task {
      let caller = await verify()
      eventLoop.execute { here.value.identified(caller) }
    }
  }

  private func identified(_ caller: Caller) {
    guard case .identifying = phase else { return }
    decide(caller)
    takeParts()
  }

  /// Says that the body may come, if the client waits for that.
  func sayContinue() {
    guard request?.expectsContinue ?? false else { return }
    request?.expectsContinue = false
    var buffer = ByteBuffer()
    buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
    context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
  }

  /// Answers a request that is not clean, and ends the connection: what follows cannot be told from its body.
  func refuse(_ bad: BadMessage) {
    loop.metrics.badRequest(bad.reason)
    closesAfterAnswer = true
    let answer = HTTPAnswer(problem: bad.status, detail: bad.detail)
    var writer = HeadWriter(ByteBuffer())
    writer.statusLine(answer.status)
    for field in answer.fields { writer.field(field.name, field.value) }
    writer.line("Connection: close")
    if case .bytes(let body) = answer.body {
      writer.contentLength(body.readableBytes)
      writer.end()
      writer.buffer.writeImmutableBuffer(body)
    }
    lastActivity = .now()
    context?.writeAndFlush(wrapOutboundOut(writer.buffer), promise: nil)
    close()
  }
}

extension Idempotency.HTTPRequestHead {
  /// A request's head as the core reads it.
  fileprivate init(_ request: ClientConnection.Request, scheme: String) {
    let fields = request.head.fields
    self.init(
      method: request.head.method, target: request.head.target, authority: request.fields.host, scheme: scheme,
      contentLength: request.head.framing.contentLength,
      lines: { name in fields.values(name) })
  }
}

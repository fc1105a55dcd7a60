import Idempotency
import NIOCore
import NIOHTTP1

/// Who a request's caller is, or what has to be waited for to know.
private struct Caller {
  var isKnown = false
  var principal: Principal?
  var verify: (@Sendable () async -> Principal?)?
}

extension ClientConnection {
  /// A request's head is here: decides what is to be done with it.
  func took(_ head: NIOHTTP1.HTTPRequestHead, isExact: Bool) {
    if !head.isKeepAlive || loop.isDraining { closesAfterAnswer = true }
    // The decoder takes what follows an upgrade for another protocol; none is spoken here.
    if head.headers.contains(name: "upgrade") { closesAfterAnswer = true }
    let expectsContinue =
      head.version.minor > 0 && head.headers.contains(name: "expect")
      && head.headers.first(name: "expect")?.lowercased() == "100-continue"
    request = Request(head: head, site: loop.site, expectsContinue: expectsContinue)
    if let bad = RequestCheck.problem(head, isExact: isExact) { return refuse(bad) }
    decide(Caller())
  }

  private func decide(_ caller: Caller) {
    guard let request else { return }
    var caller = caller
    let layerHead = Idempotency.HTTPRequestHead(request.head, scheme: loop.settings.scheme)
    let admission = request.site.policies.admit(layerHead) {
      if caller.isKnown { return caller.principal }
      switch request.site.principals?.resolve(layerHead.lines) {
      case .known(let principal)?: return principal
      case .verify(let verify)?:
        caller.verify = verify
        return nil
      case nil: return .shared
      }
    }
    if let verify = caller.verify { return identify(verify) }
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
  private func identify(_ verify: @escaping @Sendable () async -> Principal?) {
    phase = .identifying
    let here = NIOLoopBound(self, eventLoop: loop.eventLoop)
    let eventLoop = loop.eventLoop
    Task {
      let principal = await verify()
      eventLoop.execute { here.value.identified(principal) }
    }
  }

  private func identified(_ principal: Principal?) {
    guard case .identifying = phase else { return }
    decide(Caller(isKnown: true, principal: principal))
    takeBacklog()
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
  func refuse(_ bad: BadRequest) {
    loop.metrics.badRequest(bad.reason)
    closesAfterAnswer = true
    let title = HTTPResponseStatus(statusCode: bad.status).reasonPhrase
    var writer = HeadWriter(ByteBuffer())
    writer.statusLine(bad.status)
    let body =
      #"{"type":"about:blank","title":"\#(title)","status":\#(bad.status),"detail":"\#(bad.detail)"}"#
    writer.line("Content-Type: application/problem+json")
    writer.line("Cache-Control: no-store")
    writer.line("Connection: close")
    writer.contentLength(body.utf8.count)
    writer.end(from: 0)
    writer.buffer.writeString(body)
    lastActivity = .now()
    context?.writeAndFlush(wrapOutboundOut(writer.buffer), promise: nil)
    close()
  }
}

extension Idempotency.HTTPRequestHead {
  /// A request's head as the core reads it.
  init(_ head: NIOHTTP1.HTTPRequestHead, scheme: String) {
    let headers = head.headers
    self.init(
      method: head.method.rawValue, target: head.uri, authority: headers.first(name: "host"), scheme: scheme,
      contentLength: headers.contentLength,
      lines: { name in headers[name] })
  }
}

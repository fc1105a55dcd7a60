import Foundation
import NIOCore
import NIOHTTP1

/// Serves one connection of the origin.
///
/// `POST` is an operation, under `/wallets/held/` one that does not end before `GET /release`; `GET /ledger` says what
/// was done since it was last asked.
final class OriginHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let ledger: Ledger
  private let pause: TimeAmount
  private let answer: ByteBuffer
  private var head: HTTPRequestHead?

  init(ledger: Ledger, pause: TimeAmount, bytes: Int) {
    self.ledger = ledger
    self.pause = pause
    let text = #"{"id":"tr_12345678","status":"done","amount":"100.00"}"#
    answer = ByteBuffer(string: text.padding(toLength: bytes, withPad: " ", startingAt: 0))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let head else { return }
      self.head = nil
      if head.method == .POST { operate(context, head) } else { report(context, head) }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func operate(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
    if let key = head.headers.first(name: "idempotency-key") { ledger.add(key) }
    if head.uri.hasPrefix("/wallets/held/") { return ledger.hold { self.respond(context, self.answer) } }
    guard pause > .zero else { return respond(context, answer) }
    context.eventLoop.assumeIsolated().scheduleTask(in: pause) { self.respond(context, self.answer) }
  }

  private func report(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
    if head.uri == "/release" { ledger.release() }
    let summary = (try? JSONEncoder().encode(ledger.takeSummary())) ?? Data()
    respond(context, ByteBuffer(bytes: summary))
  }

  private func respond(_ context: ChannelHandlerContext, _ body: ByteBuffer) {
    let fields: HTTPHeaders = ["Content-Type": "application/json", "Content-Length": String(body.readableBytes)]
    let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: fields)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}

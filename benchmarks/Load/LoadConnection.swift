import NIOCore

/// One connection of a turn: asks, reads the answer, asks again.
final class LoadConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let turn: LoadTurn
  private let interval: TimeAmount?
  /// When the next request is due; with a rate only.
  private var due: NIODeadline
  private var scanner = AnswerScanner()
  private var received = ByteBuffer()
  private var request = ByteBuffer()
  /// When the request that is being answered was sent, or was due; nil where there is none.
  private var begin: NIODeadline?
  private var context: ChannelHandlerContext?

  /// Makes the handler of a connection that is open.
  ///
  /// - Parameters:
  ///   - turn: Whose connection it is.
  ///   - interval: Between two of its requests; nil for one after the other.
  ///   - first: When the first is due.
  init(_ turn: LoadTurn, interval: TimeAmount?, first: NIODeadline) {
    self.turn = turn
    self.interval = interval
    due = first
  }

  func handlerAdded(context: ChannelHandlerContext) {
    guard context.channel.isActive else { return turn.ended() }
    self.context = context
    ask(context)
  }

  /// Asks if a request is due, and the last one was answered.
  func clockTicked() {
    guard let context, begin == nil else { return }
    ask(context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if received.readableBytes == 0 { swap(&received, &bytes) } else { received.writeBuffer(&bytes) }
    do throws(AnswerScanner.NotReadable) {
      guard let answer = try scanner.scan(received) else { return }
      received.moveReaderIndex(forwardBy: answer.length)
      // The buffer is given back, so that the channel can use its memory for the next answer.
      if received.readableBytes == 0 { received = ByteBuffer() }
      guard let begin else { throw AnswerScanner.NotReadable(text: "an answer that nobody asked for") }
      turn.answered(answer.outcome, begin: begin)
      self.begin = nil
      ask(context)
    } catch {
      turn.failed(error.text)
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    if begin != nil { turn.unanswered() }
    turn.ended()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    turn.failed("\(error)")
    context.close(promise: nil)
  }

  /// Sends the next request, if it is due; closes the connection where there is none.
  private func ask(_ context: ChannelHandlerContext) {
    guard let interval else { return send(context, begin: .now()) }
    let due = due
    guard due <= .now() else { return }
    self.due = due + interval
    send(context, begin: due)
  }

  private func send(_ context: ChannelHandlerContext, begin: NIODeadline) {
    request.clear()
    guard turn.goesOn(at: begin), turn.traffic.next(into: &request) else { return context.close(promise: nil) }
    self.begin = begin
    context.writeAndFlush(wrapOutboundOut(request), promise: nil)
  }
}

import DequeModule
import NIOCore

/// What the channel tells its link.
extension RedisLink: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func handlerAdded(context: ChannelHandlerContext) {
    if isLost { context.close(promise: nil) } else { self.context = context }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    lose(RedisError(.unknown, .connectionClosed, message: "the connection was closed"))
  }

  func channelInactive(context: ChannelHandlerContext) {
    lose(RedisError(.unknown, .connectionClosed, message: "the server closed the connection"))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    lose(RedisError(.unknown, .connectionClosed, message: "the connection failed: \(error)", underlying: error))
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if isReady, isWritable { supervisor?.owner?.linkIsWritable(self) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    readCount &+= 1
    isReading = true
    var buffer = unwrapInboundIn(data)
    do {
      while !isLost, let value = try reader.next(from: &buffer) { deliver(value) }
    } catch {
      lose(RedisError(.unknown, .protocolViolation, message: "the server's answer is not RESP2: \(error.message)"))
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    if isReady, !isLost { supervisor?.owner?.linkIsWritable(self) }
  }

  private func deliver(_ value: RESPValue) {
    if isPushing {
      isProven = isReady
      supervisor?.owner?.linkReceived(value, on: self)
      return
    }
    guard let slot = inFlight.popFirst() else {
      var text = "a reply came that no command waits for"
      if case .error(let error) = value { text += ": \(error)" }
      return lose(RedisError(.unknown, .protocolViolation, message: text))
    }
    // Only here: a server that says something unasked to every client is of no use, and called again with pauses.
    isProven = isReady
    guard case .error(let error) = value else {
      slot.then?(.success(value))
      return
    }
    refuse(slot, error)
  }

  private func refuse(_ slot: ReplySlot, _ error: RedisServerError) {
    if error.code == "NOSCRIPT", slot.fallback != nil, slot.then != nil {
      supervisor?.owner?.linkMustResend(slot)
      return
    }
    slot.then?(.failure(RedisError(error)))
    if isReady { supervisor?.linkWasRefused(self, error) }
  }
}

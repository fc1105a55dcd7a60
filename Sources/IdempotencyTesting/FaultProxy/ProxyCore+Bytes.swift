import DequeModule
import NIOCore

/// How bytes go through the proxy.
extension ProxyCore {
  func arrived(_ bytes: ByteBuffer, on stream: ProxyStream) {
    if stream.isCut { return }
    let direction = stream.direction
    self[direction].seen += bytes.readableBytes
    let verdict = self[direction].hook?(bytes) ?? .forward
    var bytes = bytes
    if case .forwardFirstAndCut(let count) = verdict { bytes = bytes.readSlice(length: count) ?? bytes }
    let isLost = verdict == .swallow || verdict == .swallowAndCut || self[direction].isDropping
    if !isLost {
      stream.held.append((.now() + self[direction].delay, bytes))
      stream.heldBytes += bytes.readableBytes
      stream.updateReading()
      pump(stream)
    }
    switch verdict {
    case .forward, .swallow: break
    case .swallowAndCut: stream.close()
    case .forwardAndCut, .forwardFirstAndCut:
      stream.isCut = true
      closeBehindWrites(stream)
    }
    notify()
  }

  func pumpAll(_ direction: FaultProxy.Direction) {
    for stream in allStreams(direction) { pump(stream) }
  }

  func passNextChunk(_ direction: FaultProxy.Direction) {
    for stream in allStreams(direction) {
      guard let (_, bytes) = stream.held.popFirst() else { continue }
      stream.heldBytes -= bytes.readableBytes
      _ = pass(bytes, on: stream)
    }
  }

  /// Passes on what is due.
  func pump(_ stream: ProxyStream) {
    let direction = stream.direction
    while !self[direction].isStalled, let (due, bytes) = stream.held.first {
      guard due <= .now() else { return pump(stream, at: due) }
      stream.held.removeFirst()
      stream.heldBytes -= bytes.readableBytes
      guard pass(bytes, on: stream) else { return }
    }
    stream.updateReading()
    if stream.hasEnded, stream.held.isEmpty { closeBehindWrites(stream) }
  }

  private func pump(_ stream: ProxyStream, at due: NIODeadline) {
    guard !stream.isPumpScheduled else { return }
    stream.isPumpScheduled = true
    eventLoop.assumeIsolated().scheduleTask(deadline: due) {
      stream.isPumpScheduled = false
      self.pump(stream)
    }
  }

  /// Writes bytes to the sink, or as many of them as may still pass.
  private func pass(_ bytes: ByteBuffer, on stream: ProxyStream) -> Bool {
    let direction = stream.direction
    var bytes = bytes
    let isCut = self[direction].remaining.map { $0 <= bytes.readableBytes && (bytes.readableBytes > 0) } ?? false
    if isCut, let remaining = self[direction].remaining {
      bytes = bytes.readSlice(length: remaining) ?? bytes
      self[direction].remaining = nil
    } else if let remaining = self[direction].remaining {
      self[direction].remaining = remaining - bytes.readableBytes
    }
    self[direction].passed += bytes.readableBytes
    stream.sink.writeAndFlush(bytes, promise: nil)
    if isCut { closeBehindWrites(stream) }
    notify()
    return !isCut
  }

  /// Closes both ends when everything that was written has reached the socket.
  private func closeBehindWrites(_ stream: ProxyStream) {
    stream.sink.writeAndFlush(ByteBuffer()).assumeIsolated().whenComplete { _ in stream.close() }
  }
}

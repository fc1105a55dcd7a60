import Idempotency
import NIOCore

extension ClientConnection {
  /// Gives this layer's own answer to a request that makes no exchange, and counts it.
  func reply(_ answer: HTTPAnswer, policyIndex: Int?) {
    if let label = answer.label, let site = request?.site {
      loop.metrics.requestGuarded()
      site.metrics.count(label, policy: policyIndex)
    }
    write(answer)
  }

  /// Writes a whole answer: head and body in one buffer, and goes on.
  func write(_ answer: HTTPAnswer) {
    guard let context, let request else { return }
    var body = ByteBuffer()
    if case .bytes(let bytes) = answer.body { body = bytes }
    // Whoever asked whether to send its body is told no; whether it does so all the same cannot be known.
    if !request.isComplete, request.expectsContinue || request.declaredLength > Self.maximumDiscarded {
      closesAfterAnswer = true
    }
    let count = body.readableBytes
    var writer = HeadWriter(context.channel.allocator.buffer(capacity: 512 + min(count, Self.copied)))
    writer.statusLine(answer.status)
    var hasDate = false
    for field in answer.fields where !HopByHop.isConnectionField(field.name) {
      if field.name.isField("date") { hasDate = true }
      writer.field(field.name, field.value)
    }
    if let label = answer.label { writer.field("Idempotency-Status", label.rawValue) }
    if !hasDate { writer.field("Date", loop.httpDate) }
    if answer.status == 204 || answer.status == 304 {
      body.clear()
    } else if request.head.isHead, count == 0, let declared = answer.declaredLength {
      writer.contentLength(declared)
    } else {
      writer.contentLength(count)
    }
    if request.head.isHead { body.clear() }
    writeConnection(&writer, request)
    writer.end()
    lastActivity = .now()
    if body.readableBytes <= Self.copied {
      writer.buffer.writeImmutableBuffer(body)
      context.write(wrapOutboundOut(writer.buffer), promise: nil)
      flush()
    } else {
      context.write(wrapOutboundOut(writer.buffer), promise: nil)
      write(body)
    }
    answered()
  }

  /// Sends what was written, with this tick's other bytes.
  func flush() {
    guard let context else { return }
    // Whoever waits for room must not wait for a flush.
    if isWritable { loop.flushes.append(self) } else { context.flush() }
  }

  func flushNow() { context?.flush() }

  /// Says what becomes of the connection, where that is not what the version implies.
  func writeConnection(_ writer: inout HeadWriter, _ request: Request) {
    if closesAfterAnswer || isInputClosed && !hasMoreBytes {
      writer.line("Connection: close")
    } else if request.head.minorVersion == 0 {
      writer.line("Connection: keep-alive")
    }
  }

  /// A body up to this size is copied behind its head: cheaper than a second buffer for the socket.
  private static let copied = 16 * 1024
}

extension HTTPAnswer {
  /// What the answer to HEAD says about the body that it does not have.
  var declaredLength: Int? {
    fields.first { $0.name.isField("content-length") }.flatMap { Int($0.value) }
  }
}

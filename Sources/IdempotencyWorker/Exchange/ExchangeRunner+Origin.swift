import Idempotency
import NIOCore

/// An answer of the origin of which not all is here yet.
struct PartialAnswer {
  let head: AnswerHead
  let fields: [RecordMetadata.Field]
  var body = ByteBuffer()
  /// It is delivered as it comes; the exchange knows.
  var isStreamed = false
  var end: AnswerRest.End?
}

extension ExchangeRunner: OriginReceiver {
  /// Gets a connection to the origin before the exchange says the last word about running.
  func prepare() {
    // Answers of what runs may have exceeded the budget: nothing is begun that adds another.
    guard !loop.isGivingBack, !loop.shared.held.isExceeded else { return handle(.abandon) }
    if case .success(let origin)? = connection, origin.isIdle { return handle(.ready) }
    isPreparing = true
    loop.pool.acquire(for: holder) { result in
      guard !self.isFinished, self.isPreparing else {
        if case .success(let origin) = result { origin.abandon() }
        return
      }
      self.isPreparing = false
      self.connection = result
      self.handle(.ready)
    }
  }

  /// Sends the request.
  ///
  /// From here on its effect is possible.
  func execute(_ attempt: Int?) {
    guard let operation = operation.take(), let connection = connection.take() else { return }
    executedAt = .now()
    if let attempt { loop.metrics.executionStarted(attempt: attempt) }
    switch connection {
    case .failure(let failure):
      originFailed(failure)
    case .success(let origin):
      self.origin = origin
      origin.send(
        operation.forwarded(attempt: attempt), body: operation.body, trailers: operation.trailers, isComplete: true,
        to: self)
      origin.flush()
      // More than that makes the connection say when it has room again.
      if operation.body.readableBytes <= OriginConnection.writeBuffer { heldRequest.set(0) }
    }
  }

  func originAnswered(_ head: AnswerHead) {
    heldRequest.set(0)
    answer = PartialAnswer(head: head, fields: head.recordFields)
    let whole = OriginAnswer(status: head.status, fields: answer?.fields ?? [], body: nil)
    let isTooLong = (head.framing.contentLength ?? 0) > limits.responseBody
    if whole.isStream || isTooLong || whole.asksForStream { stream() }
  }

  func originSent(_ bytes: ByteBuffer) {
    guard answer != nil else { return }
    answer?.body.setOrAppend(bytes)
    guard let size = answer?.body.readableBytes else { return }
    // What runs is never cut off: an answer that was not kept for want of room would be lost to every retry.
    heldAnswer.grow(to: size)
    if size > limits.responseBody { stream() }
  }

  func originReadComplete() {}

  /// The answer cannot be kept: the exchange stores that the operation is done, and the answer waits for that.
  private func stream() {
    guard let answer, !answer.isStreamed else { return }
    self.answer?.isStreamed = true
    origin?.pause()
    handle(.operation(.answered(OriginAnswer(status: answer.head.status, fields: answer.fields, body: nil))))
  }

  func originEnded(_ trailers: FieldLines?) {
    origin = nil
    guard let answer else { return }
    guard !answer.isStreamed else {
      self.answer?.end = .ended(trailers)
      return
    }
    self.answer = nil
    loop.metrics.originAnswered(nanoseconds: (NIODeadline.now() - executedAt).nanoseconds)
    handle(
      .operation(
        .answered(OriginAnswer(status: answer.head.status, fields: answer.fields, body: answer.body))))
    // A late answer that came too late is kept by nobody.
    if client == nil { dropCounted() }
  }

  func originFailed(_ failure: OriginFailure) {
    origin = nil
    heldRequest.set(0)
    loop.metrics.originFailed(failure.kind)
    if answer?.isStreamed ?? false {
      answer?.end = .failed(failure)
      return
    }
    answer = nil
    dropCounted()
    switch failure {
    case .notReached(let reason): handle(.operation(.notReached(reason)))
    case .lost(let reason): handle(.operation(.failed(reason)))
    }
  }

  func originTakesMore() { heldRequest.set(0) }

  /// What is here of the answer's body, and where the rest comes from.
  func takeRest() -> AnswerRest? {
    guard let answer = answer.take() else { return nil }
    defer { origin = nil }
    return AnswerRest(
      origin: origin, begun: answer.body, declaredLength: answer.head.framing.contentLength, end: answer.end)
  }

  /// Nothing more is wanted of the origin.
  func letGoOfOrigin() {
    isPreparing = false
    if case .success(let origin)? = connection.take() { origin.abandon() }
    origin?.abandon()
    origin = nil
    answer = nil
  }
}

import NIOCore

/// Who gets what the origin says to one request.
protocol OriginReceiver: AnyObject {
  /// The final answer's head.
  func originAnswered(_ head: AnswerHead)
  /// A piece of its body.
  func originSent(_ bytes: ByteBuffer)
  /// The answer is whole.
  ///
  /// The connection takes care of itself from now on.
  func originEnded(_ trailers: FieldLines?)
  /// No whole answer comes.
  ///
  /// Nothing follows.
  func originFailed(_ failure: OriginFailure)
  /// All that came in one read was handed over.
  func originReadComplete()
  /// The connection takes more of the request's body, after it did not.
  func originTakesMore()
}

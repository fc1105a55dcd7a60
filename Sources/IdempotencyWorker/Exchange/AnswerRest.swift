import NIOCore

/// The body of an answer that is delivered as it comes, because it is too large to be kept or never ends.
struct AnswerRest {
  /// Where the rest comes from; nil when all of it is here.
  let origin: OriginConnection?
  /// What has come already.
  let begun: ByteBuffer
  /// The length of the whole body, if the origin said it.
  let declaredLength: Int?
  /// How it ended, if it has.
  let end: End?

  enum End {
    case ended(FieldLines?)
    case failed(OriginFailure)
  }

  /// Nobody wants it.
  func abandon() { origin?.abandon() }
}

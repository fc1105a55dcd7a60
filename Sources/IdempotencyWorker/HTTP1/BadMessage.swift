/// Why a message is refused: it is no HTTP/1.x, two servers may read it differently, which is how requests are smuggled,
/// or a part of it is beyond its bound.
struct BadMessage: Error, Hashable {
  /// What a client is answered that sent it.
  let status: Int
  /// A sentence for the answer's `detail`.
  let detail: String
  /// For the metrics.
  let reason: String

  init(_ reason: String, _ detail: String, status: Int = 400) {
    self.reason = reason
    self.detail = detail
    self.status = status
  }

  static let malformed = BadMessage("malformed", "The message is not well-formed HTTP/1.1.")
  static let headTooLarge = BadMessage("head-too-large", "The head is too large.", status: 431)
  static let targetTooLong = BadMessage("target-too-long", "The request target is too long.", status: 414)
  static let bodyTooLarge = BadMessage("body-too-large", "The body is too large.", status: 413)
  static let chunkTooLarge = BadMessage("chunk", "A chunk's size or its extensions are too long.")
  static let version = BadMessage("version", "Only HTTP/1.0 and HTTP/1.1 are spoken here.", status: 505)
  static let length = BadMessage("length", "The Content-Length is not one length.")
  static let coding = BadMessage("coding", "The message's transfer coding is ambiguous.")
  static let unknownCoding = BadMessage(
    "coding", "The only transfer coding that is understood is chunked.", status: 501)
  static let slow = BadMessage("slow", "The request did not arrive in time.", status: 408)
}

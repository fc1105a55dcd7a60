import Idempotency
import NIOHTTP1

/// What a request's fields say about its way through a proxy, read and checked in one pass.
struct RequestFields {
  /// The value of Host.
  private(set) var host: String?
  /// The length that it declares for its body, in bytes; nil where it declares none.
  private(set) var contentLength: Int?
  /// The body comes in chunks.
  private(set) var isChunked = false
  /// `Expect: 100-continue` of a client that knows it.
  private(set) var expectsContinue = false
  /// It asks for another protocol.
  private(set) var asksForUpgrade = false
  /// The fields that Connection names, in lower case.
  private(set) var nominated: [String] = []

  /// Reads a request's head.
  ///
  /// - Parameters:
  ///   - head: The request's head.
  ///   - isExact: Whether its field values are known byte for byte.
  /// - Throws: What is unclean about it.
  init(_ head: NIOHTTP1.HTTPRequestHead, isExact: Bool) throws(BadRequest) {
    var isExpectKnown = false
    for (name, value) in head.headers {
      if !value.utf8.allASCII { try RequestCheck.bytes(value, isExact: isExact) }
      switch name.utf8.count {
      case 4 where name.isField("host"):
        guard host == nil else { throw BadRequest("host", "The request has more than one Host field.") }
        try RequestCheck.host(value)
        host = value
      case 6 where name.isField("expect") && !isExpectKnown:
        isExpectKnown = true
        expectsContinue = head.version.minor > 0 && value.isField("100-continue")
      case 7 where name.isField("upgrade"):
        asksForUpgrade = true
      case 10 where name.isField("connection"):
        HopByHop.addNominated(by: value, to: &nominated)
      case 14 where name.isField("content-length") && contentLength == nil:
        // A length that the parser takes and this worker cannot would leave a body without a frame.
        contentLength = Int(value[...].trimmed)
        guard contentLength != nil else { throw BadRequest("length", "The Content-Length is not a length.") }
      case 17 where name.isField("transfer-encoding"):
        guard String(value[...].trimmed).isField("chunked") else {
          throw BadRequest("coding", "The only transfer coding that is understood is chunked.", status: 501)
        }
        guard !isChunked, head.version.minor > 0 else {
          throw BadRequest("coding", "The request's transfer coding is ambiguous.")
        }
        isChunked = true
      default: break
      }
    }
    if host == nil, head.version.minor > 0 { throw BadRequest("host", "The request has no Host field.") }
    try RequestCheck.target(head)
  }
}

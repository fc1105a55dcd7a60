import Idempotency

/// What a request's fields say about its way through a proxy, read and checked in one pass.
struct RequestFields: Sendable {
  /// The value of Host.
  private(set) var host: String?
  /// `Expect: 100-continue` of a client that knows it.
  private(set) var expectsContinue = false
  /// It asks for another protocol.
  private(set) var asksForUpgrade = false
  /// The fields that Connection names and that are not passed on for that, in lower case.
  let nominated: [String]

  /// Reads a request's head.
  ///
  /// - Throws: What is unclean about it.
  init(_ head: RequestHead) throws(BadMessage) {
    nominated = HopByHop.nominated(head.framing)
    let fields = head.fields
    var isExpectKnown = false
    for line in fields.lines {
      switch line.known {
      case .host:
        guard host == nil else { throw BadMessage("host", "The request has more than one Host field.") }
        let value = fields.value(line)
        try RequestCheck.host(value)
        host = value
      case .expect where !isExpectKnown:
        isExpectKnown = true
        expectsContinue = head.minorVersion > 0 && fields.matches(line.value, "100-continue")
      case .upgrade: asksForUpgrade = true
      default: break
      }
    }
    if host == nil, head.minorVersion > 0 { throw BadMessage("host", "The request has no Host field.") }
    try RequestCheck.target(head)
  }
}

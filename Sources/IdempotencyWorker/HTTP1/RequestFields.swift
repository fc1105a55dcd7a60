import Idempotency

/// What a request's fields say about its way through a proxy, read and checked in one pass.
struct RequestFields: Sendable {
  /// The value of Host.
  private(set) var host: String?
  /// `Expect: 100-continue` of a client that knows it.
  private(set) var expectsContinue = false
  /// It asks for another protocol.
  private(set) var asksForUpgrade = false
  /// The fields that are not passed on, in lower case: those that Connection names, and those with a `_` that an origin
  /// could read as one that policies rely on.
  private(set) var withheld: [String]

  /// Reads a request's head.
  ///
  /// - Parameters:
  ///   - head: The request's head.
  ///   - relied: The fields that policies rely on, in lower case.
  /// - Throws: What is unclean about it.
  init(_ head: RequestHead, relied: Set<String> = []) throws(BadMessage) {
    withheld = HopByHop.nominated(head.framing, relied: relied)
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
      case .other where line.hasUnderscore && relied.contains(fields.readName(line)):
        let name = fields.name(line).lowercased()
        // A policy may rely on this very name.
        if !relied.contains(name) { withheld.append(name) }
      default: break
      }
    }
    if host == nil, head.minorVersion > 0 { throw BadMessage("host", "The request has no Host field.") }
    try RequestCheck.target(head)
  }
}

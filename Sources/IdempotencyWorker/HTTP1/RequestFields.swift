import Idempotency

/// What a request's fields say about its way through a proxy, read and checked in one pass.
struct RequestFields: Sendable {
  /// What Host says; nil where it is absent or empty.
  private(set) var host: Authority?
  /// `Expect: 100-continue` of a client that knows it.
  private(set) var expectsContinue = false
  /// It asks for another protocol.
  private(set) var asksForUpgrade = false
  /// The fields that are not passed on, in lower case: those that Connection names, those with a `_` that an origin could
  /// read as one that policies rely on, and those that ask for another method.
  private(set) var withheld: [String]

  /// Reads a request's head.
  ///
  /// - Parameters:
  ///   - head: The request's head.
  ///   - scheme: That of the listener, which says which port is its own.
  ///   - relied: The fields that policies rely on, in lower case.
  ///   - dropsMethodOverride: Whether those that ask for another method are not passed on.
  /// - Throws: What is unclean about it.
  init(
    _ head: RequestHead, scheme: String = "http", relied: Set<String> = [], dropsMethodOverride: Bool = true
  ) throws(BadMessage) {
    withheld = HopByHop.nominated(head.framing, relied: relied)
    let fields = head.fields
    var (isExpectKnown, isHostKnown) = (false, false)
    for line in fields.lines {
      switch line.known {
      case .host:
        guard !isHostKnown else { throw BadMessage("host", "The request has more than one Host field.") }
        isHostKnown = true
        if line.value.isEmpty { break }
        let authority = Authority(fields.value(line), scheme: scheme)
        guard authority.isWellFormed else { throw BadMessage("host", "The Host field is not a host.") }
        host = authority
      case .expect where !isExpectKnown:
        isExpectKnown = true
        expectsContinue = head.minorVersion > 0 && fields.matches(line.value, "100-continue")
      case .upgrade: asksForUpgrade = true
      case .methodOverride where dropsMethodOverride:
        withheld.append(fields.name(line).lowercased())
      case .other, .methodOverride:
        guard line.hasUnderscore, relied.contains(fields.readName(line)) else { break }
        let name = fields.name(line).lowercased()
        // A policy may rely on this very name.
        if !relied.contains(name) { withheld.append(name) }
      default: break
      }
    }
    if !isHostKnown, head.minorVersion > 0 { throw BadMessage("host", "The request has no Host field.") }
    try RequestCheck.target(head)
  }
}

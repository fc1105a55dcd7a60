import Idempotency
import NIOHTTP1

/// Fields that belong to one connection and are never passed on (RFC 9110 section 7.6.1), and those of this layer that
/// come from the wrong side (rule A6).
enum HopByHop {
  /// Whether a field is about the connection it came on, or about the framing, which is made anew.
  static func isConnectionField(_ name: String) -> Bool {
    switch name.utf8.count {
    case 2: name.isField("te")
    case 6: name.isField("expect")
    case 7: name.isField("trailer") || name.isField("upgrade")
    case 10: name.isField("connection") || name.isField("keep-alive")
    case 14: name.isField("content-length")
    case 16: name.isField("proxy-connection")
    case 17: name.isField("transfer-encoding")
    default: false
    }
  }

  /// What a trailer section must not hold: framing, routing, what decides whether and how a message is processed
  /// (RFC 9110 section 6.5.1), and what this layer says or is told.
  static func isForbiddenTrailer(_ name: String) -> Bool {
    if isConnectionField(name) { return true }
    let name = name.lowercased()
    switch name {
    case "host", "authorization", "content-type", "content-encoding", "content-range", "set-cookie", "forwarded", "via":
      return true
    default:
      return name.hasPrefix("idempoten") || name.hasPrefix("x-forwarded-")
    }
  }

  /// The fields that Connection names, in lower case; empty for nearly every message.
  static func nominated(_ headers: HTTPHeaders) -> [String] {
    var names: [String] = []
    for (name, value) in headers where name.isField("connection") { addNominated(by: value, to: &names) }
    return names
  }

  /// Adds the fields that one line of Connection names.
  ///
  /// Fields that this proxy reads or sets itself, and those that every recipient needs, are not taken away by naming them
  /// (RFC 9110 section 7.6.1 forbids to).
  static func addNominated(by connection: String, to names: inout [String]) {
    // What nearly every message says.
    if connection.isField("keep-alive") || connection.isField("close") { return }
    for token in connection.split(separator: ",") {
      let token = token.trimmed.lowercased()
      switch token {
      case "", "close", "keep-alive", "host", "content-type", "authorization", "cookie", "forwarded", "via", "origin":
        continue
      default:
        if token.hasPrefix("idempoten") || token.hasPrefix("x-forwarded-") { continue }
        names.append(token)
      }
    }
  }
}

extension Substring {
  /// Without the optional white space around a list's members (RFC 9110 section 5.6.1).
  var trimmed: Substring {
    var text = self
    while let first = text.utf8.first, first == 0x20 || first == 0x09 { text.removeFirst() }
    while let last = text.utf8.last, last == 0x20 || last == 0x09 { text.removeLast() }
    return text
  }
}

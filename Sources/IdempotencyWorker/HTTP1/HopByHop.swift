import Idempotency

/// Fields that belong to one connection and are never passed on (RFC 9110 section 7.6.1), and those of this layer that
/// come from the wrong side (rule A6).
enum HopByHop {
  /// Whether a field is about the connection it came on, or about the framing, which is made anew.
  static func isConnectionField(_ name: String) -> Bool { KnownField(name).isAboutConnection }

  /// What a trailer section must not hold: framing, routing, what decides whether and how a message is processed
  /// (RFC 9110 section 6.5.1), and what this layer says or is told.
  static func isForbiddenTrailer(_ line: FieldLine, of fields: FieldLines) -> Bool {
    if line.known.isAboutConnection { return true }
    switch line.known {
    case .host, .forwarded, .via, .layer, .forwardedFor, .forwardedHost, .forwardedProto, .forwardedOther: return true
    default:
      return ["authorization", "content-type", "content-encoding", "content-range", "set-cookie"]
        .contains { fields.isNamed(line, $0) }
    }
  }

  /// The fields that Connection names, in lower case; empty for nearly every message.
  ///
  /// Fields that this proxy reads or sets itself, and those that every recipient needs, are not taken away by naming them
  /// (RFC 9110 section 7.6.1 forbids to).
  static func nominated(_ framing: MessageFraming) -> [String] {
    framing.nominated.filter { name in
      switch name {
      case "host", "content-type", "authorization", "cookie", "forwarded", "via", "origin": false
      default: !name.hasPrefix("idempoten") && !name.hasPrefix("x-forwarded-")
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

import Idempotency

/// Fields that belong to one connection and are never passed on (RFC 9110 section 7.6.1), and those of this layer that
/// come from the wrong side (rule A6).
enum HopByHop {
  /// Whether a field is about the connection it came on, or about the framing, which is made anew.
  static func isConnectionField(_ name: String) -> Bool { KnownField(name).isAboutConnection }

  /// What a trailer section must not hold: framing, routing, credentials, what decides whether and how a message is
  /// processed (RFC 9110 section 6.5.1), and what this layer says or is told.
  ///
  /// Servers that merge trailers into the head would take such a field for one that was checked.
  static func isForbiddenTrailer(_ line: FieldLine, of fields: FieldLines) -> Bool {
    guard line.known == .other else { return true }
    let name = fields.readName(line)
    return forbiddenTrailers.contains(name) || forbiddenPrefixes.contains { name.hasPrefix($0) }
  }

  private static let forbiddenTrailers: Set<String> = [
    "age", "authentication-info", "authorization", "cache-control", "cookie", "expires", "location", "max-forwards",
    "origin", "pragma", "prefer", "range", "retry-after", "set-cookie", "vary", "warning", "www-authenticate",
    "x-real-ip",
  ]
  private static let forbiddenPrefixes = ["accept", "content-", "if-", "proxy-", "x-forwarded"]

  /// The fields that Connection names, in lower case; empty for nearly every message.
  ///
  /// Fields that this proxy reads or sets itself, and those that every recipient needs, are not taken away by naming them
  /// (RFC 9110 section 7.6.1 forbids to); nor those that policies rely on, or an origin would act for another caller than
  /// the one the record is of.
  static func nominated(_ framing: MessageFraming, relied: Set<String> = []) -> [String] {
    framing.nominated.filter { name in
      switch name {
      case "host", "content-type", "authorization", "cookie", "forwarded", "via", "origin": false
      default: !name.hasPrefix("idempoten") && !name.hasPrefix("x-forwarded-") && !relied.contains(name)
      }
    }
  }
}

import Idempotency

/// How long an answer may be kept, as its fields say (RFC 9111).
enum CacheLifetime {
  /// Reads `Cache-Control` and `Age`.
  ///
  /// - Parameters:
  ///   - cacheControl: The values of all lines of `Cache-Control`.
  ///   - age: The values of all lines of `Age`: how long a cache between has had it already.
  /// - Returns: In seconds, 0 for what must not be kept; nil where nothing is said.
  static func seconds(cacheControl: [String], age: [String]) -> Int? {
    var lifetime: Int?
    for directive in cacheControl.flatMap({ FieldMembers($0[...]) }) {
      let parts = directive.split(separator: "=", maxSplits: 1)
      switch parts.first.map({ $0.trimmed.lowercased() }) {
      case "no-store", "no-cache": return 0
      case "max-age" where parts.count == 2:
        // The first counts (RFC 9111 section 4.2.1); one that is no number is stale at once.
        lifetime = lifetime ?? number(parts[1].filter { $0 != "\"" }[...].trimmed) ?? 0
      default: break
      }
    }
    return lifetime.map { max(0, $0 - (age.first.flatMap { number($0[...].trimmed) } ?? 0)) }
  }

  /// Digits; more than ten are three centuries, whatever they are.
  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return text.utf8.count > 10 ? 10_000_000_000 : Int(text)
  }
}

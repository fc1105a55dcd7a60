/// Reads the `Prefer` field (RFC 7240); of its preferences only `wait` is of interest here (rule E18).
///
/// By hand: a preference's value may be bare or quoted, and its name in any letter case, which no structured field is.
enum Prefer {
  /// How long a caller wishes to wait at most, in seconds.
  ///
  /// - Parameter lines: The values of all `Prefer` field lines, in order.
  /// - Returns: What the first `wait` says; nil where there is none, or the first is no number of seconds. Of a
  ///   preference that is given twice only the first counts (RFC 7240 section 2).
  static func wait(_ lines: [String]) -> Duration? {
    for line in lines {
      for preference in FieldMembers(line[...]) {
        // Its parameters are behind a semicolon.
        var pieces = FieldMembers(preference, separator: UInt8(ascii: ";"))
        let head = pieces.next() ?? ""
        let parts = Array(FieldMembers(head, separator: UInt8(ascii: "=")))
        guard parts[0].trimmed.lowercased() == "wait" else { continue }
        return parts.count == 2 ? seconds(parts[1].trimmed.utf8) : nil
      }
    }
    return nil
  }

  private static func seconds(_ value: Substring.UTF8View) -> Duration? {
    var digits = value
    if digits.count >= 2, digits.first == quote, digits.last == quote { digits = digits.dropFirst().dropLast() }
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    // More digits than fit are longer than any policy waits.
    return .seconds(min(Int64(String(Substring(digits))) ?? .max, 9_999_999_999))
  }

  private static let quote = UInt8(ascii: "\"")
}

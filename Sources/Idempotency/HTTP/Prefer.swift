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
      for preference in split(line.utf8[...], at: UInt8(ascii: ",")) {
        let head = split(preference, at: UInt8(ascii: ";"))[0]
        let parts = split(head, at: UInt8(ascii: "="))
        guard String(Substring(trimmed(parts[0]))).lowercased() == "wait" else { continue }
        return parts.count == 2 ? seconds(trimmed(parts[1])) : nil
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

  /// Splits where a separator stands outside quotes; a backslash in quotes escapes what follows.
  private static func split(_ text: Substring.UTF8View, at separator: UInt8) -> [Substring.UTF8View] {
    var pieces: [Substring.UTF8View] = []
    var (start, isQuoted, isEscaped) = (text.startIndex, false, false)
    for index in text.indices {
      let byte = text[index]
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == quote {
        isQuoted.toggle()
      } else if byte == separator, !isQuoted {
        pieces.append(text[start..<index])
        start = text.index(after: index)
      }
    }
    return pieces + [text[start...]]
  }

  private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
    guard let first = text.firstIndex(where: { !KeyParser.isBlank($0) }),
      let last = text.lastIndex(where: { !KeyParser.isBlank($0) })
    else { return text[text.endIndex...] }
    return text[first...last]
  }

  private static let quote = UInt8(ascii: "\"")
}

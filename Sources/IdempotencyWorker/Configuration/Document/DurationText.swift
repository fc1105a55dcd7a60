/// How the configuration writes durations: `500ms`, `30s`, `5m`, `24h`, `7d`.
enum DurationText {
  /// What a configuration error says was expected.
  static let examples = "500ms, 30s, 5m, 24h or 7d"

  private static let units: [(suffix: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  /// Reads a duration: digits and a unit, nothing between; nil for anything else.
  static func parse(_ text: String) -> Duration? {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
    // Twelve digits are 31 years in milliseconds: no overflow below, and longer than anything here.
    guard (1...12).contains(digits.count), let number = Int64(Substring(digits)),
      let unit = units.first(where: { $0.suffix.utf8.elementsEqual(text.utf8.dropFirst(digits.count)) })
    else { return nil }
    return .milliseconds(number * unit.milliseconds)
  }

  /// A duration in the largest unit that holds it exactly.
  static func describe(_ duration: Duration) -> String {
    let milliseconds = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
    guard milliseconds != 0, let unit = units.first(where: { milliseconds % $0.milliseconds == 0 }) else { return "0s" }
    return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
  }
}

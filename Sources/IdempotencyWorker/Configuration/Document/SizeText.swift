/// How the configuration writes sizes: `64B`, `512KiB`, `1MiB`.
enum SizeText {
  /// What a configuration error says was expected.
  static let examples = "64B, 512KiB or 1MiB"

  private static let units: [(suffix: String, bytes: Int)] = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]

  /// Reads a size in bytes: digits and a unit, nothing between; nil for anything else.
  static func parse(_ text: String) -> Int? {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
    // Nine digits of MiB are a petabyte: no overflow below.
    guard (1...9).contains(digits.count), let number = Int(Substring(digits)),
      let unit = units.first(where: { $0.suffix.utf8.elementsEqual(text.utf8.dropFirst(digits.count)) })
    else { return nil }
    return number * unit.bytes
  }

  /// A size in the largest unit that holds it exactly.
  static func describe(_ bytes: Int) -> String {
    guard bytes != 0, let unit = units.first(where: { bytes % $0.bytes == 0 }) else { return "0B" }
    return "\(bytes / unit.bytes)\(unit.suffix)"
  }
}

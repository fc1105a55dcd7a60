/// Some HTTP status codes in a row: `503`, `4xx`, `500-599` or `2xx-5xx`.
public struct StatusRange: Sendable, Hashable, CustomStringConvertible {
  /// The lowest and the highest code, within 100 to 599 (RFC 9110 section 15).
  public let codes: ClosedRange<Int>

  /// The codes that exist.
  public static let all = 100...599

  /// Makes a range of one code, nil when there is no such code.
  public init?(_ code: Int) {
    self.init(code...code)
  }

  /// Makes a range, nil when it holds other codes than 100 to 599.
  public init?(_ codes: ClosedRange<Int>) {
    guard Self.all.contains(codes.lowerBound), Self.all.contains(codes.upperBound) else { return nil }
    self.codes = codes
  }

  /// Reads a range: a code or a class, or two of them with a hyphen between; nil for anything else.
  public init?(_ text: String) {
    let ends = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard ends.count <= 2, let first = Self.codes(ends[0]), let last = Self.codes(ends[ends.count - 1]),
      first.lowerBound <= last.upperBound
    else { return nil }
    self.init(first.lowerBound...last.upperBound)
  }

  /// How many codes it holds; of two ranges with one code the narrower decides.
  public var width: Int { codes.count }

  /// The shortest form that reads back as the same range.
  public var description: String {
    let (low, high) = (codes.lowerBound, codes.upperBound)
    if low == high { return "\(low)" }
    guard low % 100 == 0, high % 100 == 99 else { return "\(low)-\(high)" }
    return low / 100 == high / 100 ? "\(low / 100)xx" : "\(low / 100)xx-\(high / 100)xx"
  }

  private static func codes(_ text: Substring.UTF8View) -> ClosedRange<Int>? {
    guard text.count == 3, let first = text.first, (0x31...0x35).contains(first) else { return nil }
    let hundred = Int(first - 0x30) * 100
    let rest = text.dropFirst()
    if rest.allSatisfy({ $0 | 0x20 == UInt8(ascii: "x") }) { return hundred...hundred + 99 }
    guard rest.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let code = rest.reduce(Int(first - 0x30)) { $0 * 10 + Int($1 - 0x30) }
    return code...code
  }
}

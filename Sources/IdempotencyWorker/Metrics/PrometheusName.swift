/// The format's rules for names, labels and numbers.
enum PrometheusName {
  /// A metric's name of any text: `[a-zA-Z_:][a-zA-Z0-9_:]*`, every other byte becomes `_`.
  static func metric(_ text: String) -> String { name(text, colon: true) }

  /// The name with this ending, unless it has it.
  static func metric(_ text: String, suffix: String) -> String {
    let name = metric(text)
    return name.hasSuffix(suffix) ? name : name + suffix
  }

  /// Labels as they stand between the braces, sorted by name.
  ///
  /// Of two that become one name, and of a histogram's own `le`, which cannot be told apart in the text, the first
  /// counts.
  static func labels(_ labels: [(String, String)], of kind: PrometheusFamily.Kind) -> String {
    var seen: Set<String> = kind == .histogram ? ["le"] : []
    return labels.map { (name: name($0.0, colon: false), value: $0.1) }
      .filter { seen.insert($0.name).inserted }
      .sorted { $0.name < $1.name }
      .map { "\($0.name)=\"\(escaped(value: $0.value))\"" }
      .joined(separator: ",")
  }

  /// A label's value: `\`, `"` and line feed are escaped, everything else stands as it is.
  static func escaped(value: String) -> String { escaped(value, quote: true) }

  /// A help text: `\` and line feed are escaped.
  static func escaped(help: String) -> String { escaped(help, quote: false) }

  /// A number as Go, and so Prometheus, reads it; whole ones without a fraction.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return Int64(exactly: value).map(String.init) ?? value.description
  }

  private static func name(_ text: String, colon: Bool) -> String {
    var name = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if name.isEmpty { name = "_" }
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: ":") where colon: name += ":"
      default: name += "_"
      }
    }
    return name.isEmpty ? "_" : name
  }

  private static func escaped(_ text: String, quote: Bool) -> String {
    var escaped = ""
    // By scalars: a carriage return and line feed are one Character.
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quote: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

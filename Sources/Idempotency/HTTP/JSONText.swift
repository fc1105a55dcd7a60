/// JSON text of values, for the small documents this layer writes; by hand, because the core goes without Foundation.
enum JSONText {
  /// A JSON string (RFC 8259 section 7).
  static func string(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": json += "\\\""
      case "\\": json += "\\\\"
      case "\n": json += "\\n"
      case "\r": json += "\\r"
      case "\t": json += "\\t"
      case let control where control.value < 0x20:
        let hex = String(control.value, radix: 16)
        json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: json.unicodeScalars.append(scalar)
      }
    }
    return json + "\""
  }

  /// A JSON array of strings.
  static func strings(_ texts: some Sequence<String>) -> String {
    "[" + texts.map(string).joined(separator: ",") + "]"
  }
}

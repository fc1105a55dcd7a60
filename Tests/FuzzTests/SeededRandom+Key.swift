import IdempotencyTesting

extension SeededRandom {
  /// A structured string (RFC 9651 section 3.3.3).
  func quoted(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "\"") { result, scalar in
      if scalar == "\"" || scalar == "\\" { result += "\\" }
      result.unicodeScalars.append(scalar)
    } + "\""
  }

  /// Parameters of all types (RFC 9651 section 3.1.2).
  mutating func parameters() -> String {
    let values = ["", "=1", "=-1.5", "=?0", "=t/o:k", "=\"a\\\"b, c\"", "=:AQI=:"]
    return some(upTo: 3) { ";" + $0.pick(["", " "]) + $0.pick(["a", "*", "b_-.*1"]) + $0.pick(values) }.joined()
  }

  /// A UUID of any version, in any letter case.
  mutating func uuid() -> String {
    let digits = (0..<32).map { _ in pick(Array("0123456789abcdefABCDEF")) }
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text += "-" }
      text.append(index == 12 && chance(70) ? "4" : digit)
    }
    return text
  }
}

extension Duration {
  /// Reads `500ms`, `30s`, `5m`, `24h` or `7d`, as in the worker's configuration; nil for anything else.
  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    // Nine digits of days still fit; no more are needed.
    guard digits.count <= 9, let number = Int64(digits) else { return nil }
    switch argument.dropFirst(digits.count) {
    case "ms": self = .milliseconds(number)
    case "s": self = .seconds(number)
    case "m": self = .seconds(number * 60)
    case "h": self = .seconds(number * 3_600)
    case "d": self = .seconds(number * 86_400)
    default: return nil
    }
  }
}

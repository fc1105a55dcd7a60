extension Section {
  /// The text of a setting; nil when it is missing or no single value, and then that is noted.
  ///
  /// - Parameters:
  ///   - key: The setting.
  ///   - expected: What an error says was expected.
  ///   - plainly: Whether quotes make it something else: numbers and truth values have none.
  /// - Returns: The text, and where it stands.
  func scalar(_ key: String, expected: String, plainly: Bool = false) -> (text: String, place: SettingLocation)? {
    guard let node = node(key) else { return nil }
    guard case .scalar(let text, let isPlain) = node.value else {
      fail(key, "is \(node.kind); expected \(expected)")
      return nil
    }
    if plainly, !isPlain {
      fail(key, "is a text in quotes; expected \(expected)")
      return nil
    }
    return (text, node.location)
  }

  /// A text, nil when it is missing or empty.
  func text(_ key: String, expected: String = "a text") -> String? {
    guard let text = scalar(key, expected: expected)?.text, !text.isEmpty else { return nil }
    return text
  }

  /// A value that is read from a text, nil when it is missing or wrong.
  ///
  /// - Parameters:
  ///   - key: The setting.
  ///   - expected: What an error says was expected; the value itself is not shown, it may hold a password.
  ///   - read: Reads the text, nil when it cannot.
  /// - Returns: What was read.
  func value<Value>(_ key: String, expected: String, read: (String) -> Value?) -> Value? {
    guard let text = scalar(key, expected: expected)?.text else { return nil }
    if let value = read(text) { return value }
    fail(key, "is not valid; expected \(expected)")
    return nil
  }

  /// One of several words.
  func choice<Value>(_ key: String, _ choices: KeyValuePairs<String, Value>, default: Value) -> Value {
    let words = choices.map(\.key)
    let expected = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    guard let text = scalar(key, expected: expected)?.text else { return `default` }
    if let choice = choices.first(where: { $0.key == text }) { return choice.value }
    fail(key, "is \(ErrorText.quoted(text)); expected \(expected)")
    return `default`
  }

  /// `true` or `false`; YAML 1.2 knows no `yes` and `on`.
  func boolean(_ key: String, default: Bool) -> Bool {
    guard let text = scalar(key, expected: "true or false", plainly: true)?.text else { return `default` }
    switch text {
    case "true": return true
    case "false": return false
    default:
      fail(key, "is \(ErrorText.quoted(text)); expected true or false")
      return `default`
    }
  }

  /// A whole number within a range.
  func integer(_ key: String, default: Int, in range: ClosedRange<Int>) -> Int {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard let text = scalar(key, expected: expected, plainly: true)?.text else { return `default` }
    let digits = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    if digits, let number = Int(text), range.contains(number) { return number }
    fail(key, "is \(ErrorText.quoted(text)); expected \(expected)")
    return `default`
  }

  /// A duration within a range.
  func duration(_ key: String, default: Duration, in range: ClosedRange<Duration>) -> Duration {
    let (low, high) = (DurationText.describe(range.lowerBound), DurationText.describe(range.upperBound))
    let expected = "a duration from \(low) to \(high), such as \(DurationText.examples)"
    guard let text = scalar(key, expected: expected, plainly: true)?.text else { return `default` }
    if let duration = DurationText.parse(text), range.contains(duration) { return duration }
    fail(key, "is \(ErrorText.quoted(text)); expected \(expected)")
    return `default`
  }

  /// A size in bytes within a range.
  func size(_ key: String, default: Int, in range: ClosedRange<Int>) -> Int {
    let (low, high) = (SizeText.describe(range.lowerBound), SizeText.describe(range.upperBound))
    let expected = "a size from \(low) to \(high), such as \(SizeText.examples)"
    guard let text = scalar(key, expected: expected, plainly: true)?.text else { return `default` }
    if let size = SizeText.parse(text), range.contains(size) { return size }
    fail(key, "is \(ErrorText.quoted(text)); expected \(expected)")
    return `default`
  }
}

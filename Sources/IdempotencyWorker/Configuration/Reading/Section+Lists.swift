extension Section {
  /// The elements of a list; nil when it is missing or no list, and then that is noted.
  ///
  /// - Parameters:
  ///   - key: The setting.
  ///   - expected: What an error says was expected, of one element.
  ///   - limit: How many elements are taken at most.
  /// - Returns: The elements.
  func list(_ key: String, expected: String, limit: Int) -> [SettingNode]? {
    guard let node = node(key) else { return nil }
    guard case .list(let elements) = node.value else {
      fail(key, "is \(node.kind); expected a list, each \(expected)")
      return nil
    }
    guard elements.count <= limit else {
      fail(key, "has \(elements.count) elements; expected at most \(limit)")
      return nil
    }
    return elements
  }

  /// A list of values that are read from texts, nil when it is missing.
  ///
  /// What cannot be read is noted and left out, and so is what stands there twice.
  /// - Parameters:
  ///   - key: The setting.
  ///   - expected: What an error says was expected, of one element; the element is not shown, it may hold a password.
  ///   - limit: How many elements are taken at most; 64 unless that is too few, far more than any list here needs.
  ///   - read: Reads an element, nil when it cannot.
  /// - Returns: What was read, in order.
  func values<Value: Hashable>(
    _ key: String, expected: String, limit: Int = 64, read: (String) -> Value?
  ) -> [Value]? {
    guard let elements = list(key, expected: expected, limit: limit) else { return nil }
    var values: [Value] = []
    for (index, element) in elements.enumerated() {
      let path = "\(name(key))[\(index)]"
      guard case .scalar(let text, _) = element.value else {
        context.add("is \(element.kind); expected \(expected)", at: element.location, path: path)
        continue
      }
      guard let value = read(text) else {
        context.add("is not valid; expected \(expected)", at: element.location, path: path)
        continue
      }
      if values.contains(value) {
        context.add("stands in the list twice; expected once", at: element.location, path: path)
      } else {
        values.append(value)
      }
    }
    return values
  }

  /// A list of values, or a single one in place of a list of one.
  ///
  /// - Parameters:
  ///   - key: The setting.
  ///   - expected: What an error says was expected, of one element.
  ///   - read: Reads an element, nil when it cannot.
  /// - Returns: What was read, in order; nil when it is missing.
  func oneOrSeveral<Value: Hashable>(_ key: String, expected: String, read: (String) -> Value?) -> [Value]? {
    guard case .scalar? = node(key)?.value else { return values(key, expected: expected, read: read) }
    return value(key, expected: expected, read: read).map { [$0] }
  }

  /// Notes that a list is empty that must not be.
  func requireElements(_ key: String, _ expected: String) {
    if case .list(let elements)? = node(key)?.value, elements.isEmpty {
      fail(key, "is empty; expected \(expected)")
    }
  }

  /// The names of request or response fields, in lower case.
  func fieldNames(_ key: String) -> [String]? {
    values(key, expected: "the name of a header field") { HeaderName.parse($0)?.lowercased() }
  }
}

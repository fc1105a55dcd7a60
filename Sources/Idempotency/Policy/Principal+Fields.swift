extension Principal {
  /// Name and value of each field, as keyed hashes take them.
  var entries: [(name: String, value: String?)] { fields.map { ($0.name, $0.value) } }

  /// What a caller gets that brings nothing to be identified by.
  public enum Missing: Sendable, Hashable {
    /// 401, and the key is not consumed (rule A5).
    case reject
    /// One scope for all such callers.
    case shared
  }

  /// The values of request fields, all of them together (rule F10).
  ///
  /// What could be read as two callers is none: a field that comes twice, or bytes that were lost when they were read as
  /// UTF-8. Without one of the fields, or with an empty one, the caller is not identified; where callers may be missing,
  /// those that it brings count all the same, and only who brings none of them shares one scope.
  /// - Parameters:
  ///   - names: The fields' names in lower case.
  ///   - missing: What a caller gets that brings not all of them.
  ///   - lines: The values of every field line of a name.
  /// - Returns: Who is calling; nil for a caller that nobody knows.
  public static func fields(
    _ names: [String], missing: Missing = .reject, of lines: (_ name: String) -> [String]
  ) -> Principal? {
    var fields: [Field] = []
    var (isComplete, isEmpty) = (true, true)
    for name in names {
      let lines = lines(name)
      guard lines.count < 2 else { return nil }
      guard let value = lines.first, !value.isEmpty else {
        isComplete = false
        fields.append(Field(name: name, value: nil))
        continue
      }
      // Stands where bytes were no UTF-8: several values may have become this one.
      guard !value.unicodeScalars.contains("\u{FFFD}") else { return nil }
      fields.append(Field(name: name, value: value))
      isEmpty = false
    }
    guard isComplete || missing == .shared else { return nil }
    return isEmpty && missing == .shared ? .shared : Principal(fields: fields)
  }
}

/// Why no key could be read from a body; nothing has been done.
public enum BodyKeyError: Error, Sendable, Hashable {
  /// The body is not valid JSON: 400 request-malformed.
  case body(JSONError)
  /// What stands at the pointer is no key: 400 key-malformed.
  case key(KeyError)
}

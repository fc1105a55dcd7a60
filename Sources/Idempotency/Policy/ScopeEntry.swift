/// What separates one caller's keys from another's.
public enum ScopeEntry: Sendable, Hashable {
  /// Every field of the ``Principal``.
  case principal
  /// The canonical path, without the query.
  case path
  /// The authority, in lower case and without the default port.
  case authority
  /// The value of this request field.
  case header(String)
}

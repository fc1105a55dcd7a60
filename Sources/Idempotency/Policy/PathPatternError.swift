/// Why a text is no path pattern; the raw value is a sentence for whoever wrote it.
public enum PathPatternError: String, Error, Sendable, Hashable {
  /// The pattern does not begin with a slash.
  case noLeadingSlash = "A path begins with /."
  /// Two slashes follow each other.
  case emptySegment = "A path has no empty segments: // is never matched."
  /// A brace stands elsewhere than around a whole segment, or a name holds other characters than `[A-Za-z0-9_-]`.
  case badParameter = "A parameter is a whole segment: {name}, of letters, digits, _ and -."
  /// Two parameters have one name.
  case duplicateParameter = "Two parameters have the same name."
  /// `**` is followed by more.
  case restNotLast = "** stands only at the end."
  /// A single asterisk.
  case badWildcard = "Write {name} for one segment and ** for the rest."
  /// White space, a control character, `?`, `#` or `\`.
  case badCharacter = "A path pattern holds no blanks, control characters, ?, # or \\."
  /// A percent sign encodes nothing, or a slash, or no UTF-8.
  case badEncoding = "A literal's percent-encoding must give UTF-8 without / and NUL."
  /// `.` or `..`.
  case dotSegment = "A path pattern has no dot segments."
}

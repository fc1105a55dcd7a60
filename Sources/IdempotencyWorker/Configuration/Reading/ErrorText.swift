/// The words of errors.
enum ErrorText {
  /// A value as an error shows it: cut at 40 characters, and without control characters.
  static func shown(_ text: String) -> String {
    let cut = text.count > 40 ? text.prefix(40) + "…" : text[...]
    return String(String.UnicodeScalarView(cut.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
  }

  /// A value in quotes.
  static func quoted(_ text: String) -> String { "\"\(shown(text))\"" }
}

import Foundation

/// A file that holds one secret as text: a password or a token.
enum SecretFile {
  /// 64 KiB: far more than any secret; a wrong file must not fill the memory.
  private static let maximumBytes = 65_536

  /// Reads a secret.
  ///
  /// One line feed at the end, with a carriage return before it or not, is not part of it: editors and secret managers
  /// add one. A pepper is bytes, not text, and is read without this.
  /// - Parameter path: The file.
  /// - Returns: The secret.
  /// - Throws: ``ConfigurationErrors`` when it cannot be read, is empty, is no UTF-8 or too large.
  static func read(_ path: String) throws(ConfigurationErrors) -> String {
    guard let data = FileManager.default.contents(atPath: path), data.count <= maximumBytes,
      var text = String(validating: data, as: UTF8.self)
    else {
      throw ConfigurationErrors("cannot be read; expected a text of at most 64KiB", file: path)
    }
    // A carriage return and a line feed are one character in Swift.
    if text.hasSuffix("\n") || text.hasSuffix("\r\n") { text.removeLast() }
    guard !text.isEmpty else { throw ConfigurationErrors("is empty; expected a secret", file: path) }
    return text
  }
}

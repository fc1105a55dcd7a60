import Foundation
import Yams

/// Reads a configuration file into nodes; Yams parses, and its marks become locations.
enum SettingsFile {
  /// 1 MiB: a thousand policies take a third of it.
  static let maximumBytes = 1 << 20
  /// 100,000: as many values as a file of that size can hold in use; aliases could make billions of a few lines.
  static let maximumNodes = 100_000

  /// Reads a file.
  ///
  /// - Parameter path: The file, relative to the working directory or absolute.
  /// - Returns: Its mapping.
  /// - Throws: ``ConfigurationErrors`` when it cannot be read or is no YAML.
  static func read(_ path: String) throws(ConfigurationErrors) -> SettingNode {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationErrors("cannot be read; expected a readable configuration file", file: path)
    }
    guard data.count <= maximumBytes else {
      throw ConfigurationErrors("is larger than 1MiB", file: path)
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw ConfigurationErrors("is not UTF-8", file: path)
    }
    return try parse(text, file: path)
  }

  /// Reads a text.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: What errors call it.
  ///   - location: Where everything in it is said to stand; nil takes the text's own lines and columns.
  /// - Returns: Its mapping; an empty one for an empty text.
  /// - Throws: ``ConfigurationErrors`` when it is no YAML, or not one mapping.
  static func parse(
    _ text: String, file: String?, location: SettingLocation? = nil
  ) throws(ConfigurationErrors) -> SettingNode {
    let root: Node?
    do {
      root = try Parser(yaml: text, encoding: .utf8).singleRoot()
    } catch {
      throw syntaxError(error, file: file)
    }
    guard let root else { return SettingNode(value: .mapping([]), location: location ?? .file(line: 1, column: 1)) }
    var converter = NodeConverter(location: location, remaining: maximumNodes)
    guard let node = converter.convert(root) else {
      throw ConfigurationErrors("holds more than \(maximumNodes) values; aliases count each time", file: file)
    }
    if let error = converter.error {
      throw ConfigurationErrors(error.reason, file: file, location: error.location)
    }
    switch node.value {
    case .mapping: return node
    case .null: return SettingNode(value: .mapping([]), location: node.location)
    case .scalar, .list:
      throw ConfigurationErrors("is \(node.kind); expected a mapping of settings", file: file, location: node.location)
    }
  }
}

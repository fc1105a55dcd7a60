import Foundation

/// Finds the files that a configuration names, and tests that they can be read.
///
/// A file's content is not tested here but for emptiness: whoever uses it knows better what is wrong with it.
struct FileCheck: Sendable {
  /// The directory that a configuration file's names are relative to; those of flags and variables are relative to the
  /// working directory, as a shell user expects.
  let directory: String

  /// Makes a check for the files that a configuration file names.
  init(configurationFile: String?) {
    let working = FileManager.default.currentDirectoryPath
    let file = configurationFile.map { Self.absolute($0, in: working) as NSString }
    directory = file?.deletingLastPathComponent ?? working
  }

  /// The absolute path of a file that was named somewhere.
  func path(_ name: String, namedAt location: SettingLocation) -> String {
    switch location {
    case .file: Self.absolute(name, in: directory)
    default: Self.absolute(name, in: FileManager.default.currentDirectoryPath)
    }
  }

  /// What is wrong with a file; nil when it can be read.
  func problem(_ path: String) -> String? {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return "does not exist" }
    if isDirectory.boolValue { return "is a directory" }
    guard FileManager.default.isReadableFile(atPath: path) else { return "cannot be read" }
    // A pipe is not looked into: what is read from it is gone. Secrets in Kubernetes are symbolic links.
    let target = (path as NSString).resolvingSymlinksInPath
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: target),
      attributes[.type] as? FileAttributeType == .typeRegular
    else { return nil }
    return attributes[.size] as? Int == 0 ? "is empty" : nil
  }

  private static func absolute(_ name: String, in directory: String) -> String {
    name.hasPrefix("/") ? name : (directory as NSString).appendingPathComponent(name)
  }
}

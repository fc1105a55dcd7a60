import Foundation

/// What was measured, in which version.
enum Versions {
  /// One line for a report; what is not installed is not in it.
  static var text: String {
    let programs = [
      ("Swift", "swift", "--version"), ("Redis", "redis-server", "--version"), ("nginx", "nginx", "-v"),
    ]
    let versions = programs.compactMap { name, program, argument -> String? in
      guard let output = output(program, argument), let version = output.firstMatch(of: /[0-9]+\.[0-9.]*[0-9]/)
      else { return nil }
      return "\(name) \(version.output)"
    }
    return versions.joined(separator: ", ")
  }

  private static func output(_ program: String, _ argument: String) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program, argument]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    guard (try? process.run()) != nil else { return nil }
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? text : nil
  }
}

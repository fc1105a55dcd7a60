import Foundation

/// What a program printed and how it ended, for programs that end by themselves.
struct CommandOutput {
  /// Its exit status; 127 where there is no such program.
  let status: Int32
  /// Standard output and error, as they came.
  let text: String

  /// Runs a program that is looked for on `PATH`, and blocks until it has ended.
  ///
  /// - Parameters:
  ///   - words: Its name and what it is called with.
  ///   - directory: Where it runs; nil for where this process does.
  /// - Throws: Foundation's error where there can be no process.
  init(of words: [String], in directory: URL? = nil) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    if let directory { process.currentDirectoryURL = directory }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }
}

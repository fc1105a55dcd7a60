import Foundation
import IdempotencyTesting

/// A program that is measured, in a process of its own, which cannot outlive this one.
final class Program: Sendable {
  private let process: ServerProcess

  /// Starts a program and waits for nothing.
  ///
  /// - Parameters:
  ///   - path: Where it is, or a name that is looked for on `PATH`.
  ///   - arguments: What it is called with.
  ///   - environment: Variables beside this process's own.
  /// - Throws: `ServerProcessError` where there can be no process.
  init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) async throws {
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    process = try await ServerProcess.start("/usr/bin/env", variables + [path] + arguments)
  }

  var processID: Int32 { process.processID }
  /// What it printed last.
  var output: String { process.output }
  var isRunning: Bool { process.exitStatus == nil }

  /// Waits for a line with a text that `http://127.0.0.1:PORT` follows.
  ///
  /// - Returns: The port.
  func port(after text: String) async throws -> Int {
    guard let port = await process.port(after: text) else {
      throw BenchmarkError("a server did not start:\n\(process.output)")
    }
    return port
  }

  /// Waits for a line with a text.
  ///
  /// - Returns: False if it ended instead.
  func prints(_ text: String) async -> Bool {
    await process.printed(text)
  }

  /// Ends it and returns when it is gone.
  func stop() async {
    process.signal(SIGTERM)
    let limit = Task {
      try await Task.sleep(for: .seconds(5))
      process.signal(SIGKILL)
    }
    await process.ended()
    limit.cancel()
  }
}

import Foundation
import Testing

@testable import IdempotencyTesting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An executable of this package in a process of its own.
///
/// It cannot outlive the test: it is killed when this object goes, and by the kernel when the test process does.
final class NodeProcess: Sendable {
  /// How long a process may take to end after SIGTERM; only a fault reaches it.
  private static let stopLimit = Duration.seconds(30)

  private let process: ServerProcess
  /// Where its files are.
  private let directory: String?

  /// Starts a program and does not wait for anything.
  ///
  /// Which of its `names` the program has depends on whether the package names a product. `environment` holds more
  /// variables, such as those of libfaketime; `directory` is removed with the process.
  init(
    _ names: [String], _ arguments: [String], environment: [String: String] = [:], directory: String? = nil
  ) async throws {
    self.directory = directory
    let program = try Self.executable(names)
    guard !environment.isEmpty else {
      process = try await ServerProcess.start(program, arguments)
      return
    }
    let env = try #require(ChildProcess.find("env"), "env is not on PATH")
    // libfaketime sets a variable as it is loaded, which moves the environment, and Swift looks for the command line
    // before it: loaded into a second `env` first, it finds its variable set and leaves everything where it is.
    let words = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + [env, program]
    process = try await ServerProcess.start(env, words + arguments)
  }

  deinit {
    if let directory { try? FileManager.default.removeItem(atPath: directory) }
  }

  /// Waits until it has printed lines with all of these texts, each followed by `http://127.0.0.1:PORT`.
  ///
  /// - Returns: The ports.
  /// - Throws: ``ServerProcessError`` with its last lines if it ends instead.
  func ports(after texts: [String]) async throws -> [Int] {
    var ports: [Int] = []
    for text in texts {
      guard let port = await untilCancelled({ await process.port(after: text) }) else { throw notStarted }
      ports.append(port)
    }
    return ports
  }

  /// Waits until it has printed a line that contains a text.
  ///
  /// - Throws: ``ServerProcessError`` with its last lines if it ends instead.
  func line(with text: String) async throws -> String {
    guard await untilCancelled({ await process.printed(text) }), let line = process.line(with: text) else {
      throw notStarted
    }
    return line
  }

  private var notStarted: ServerProcessError {
    ServerProcessError(message: "the node did not start:\n\(process.output)")
  }

  /// Waits for something of the process, which is killed when its test is cancelled.
  private func untilCancelled<Value: Sendable>(_ wait: () async -> Value) async -> Value {
    await withTaskCancellationHandler {
      await wait()
    } onCancel: {
      signal(SIGKILL)
    }
  }

  var processID: pid_t { process.processID }

  /// What it printed last.
  var output: String { process.output }

  /// How many of the lines that it printed contain a text, as far as they are kept.
  func lineCount(with text: String) -> Int { process.lineCount(with: text) }

  /// Its exit status; nil while it runs, and 128 and the signal's number where a signal ended it.
  var exitStatus: Int32? { process.exitStatus }

  func signal(_ number: Int32) { process.signal(number) }

  /// Stops it with SIGSTOP and returns when no thread of it runs on.
  func suspend() async throws {
    process.signal(SIGSTOP)
    try await holds("the process stops") { process.isStopped }
  }

  /// Kills it with SIGKILL and returns when it is gone.
  func kill() async {
    process.signal(SIGKILL)
    await process.ended()
  }

  /// Waits for its end, which SIGKILL brings if nothing else does in time.
  ///
  /// - Returns: Its exit status.
  @discardableResult
  func ended() async -> Int32 {
    let limit = Task {
      try await Task.sleep(for: Self.stopLimit)
      signal(SIGKILL)
    }
    await untilCancelled { await process.ended() }
    limit.cancel()
    return process.exitStatus ?? -1
  }

  /// The executable lies beside the test bundle.
  private static func executable(_ names: [String]) throws -> String {
    let bundle =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    var folders = [URL(fileURLWithPath: bundle).deletingLastPathComponent(), package.appending(path: ".build/debug")]
    // For developers whose executables are elsewhere.
    if let other = ProcessInfo.processInfo.environment["CONFORMANCE_EXECUTABLES"] {
      folders.insert(URL(fileURLWithPath: other), at: 0)
    }
    for folder in folders {
      for name in names {
        let path = folder.appending(path: name).path
        if FileManager.default.isExecutableFile(atPath: path) { return path }
      }
    }
    throw ServerProcessError(message: "no \(names[0]) beside \(bundle); swift build makes it")
  }
}

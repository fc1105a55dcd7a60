import Foundation
import HiredisNIO
import NIOConcurrencyHelpers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension RedisServer {
  /// Kills the server with SIGKILL and returns when it is gone.
  ///
  /// Its port and directory stay its own.
  public func kill() async {
    let process = process.withLockedValue { $0 }
    process.signal(SIGKILL)
    await process.ended()
  }

  /// Removes everything that a killed server has written, so that it comes back empty.
  ///
  /// - Throws: An error if a file cannot be removed.
  public func eraseData() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: directory)
    where name == "appendonlydir" || name.hasSuffix(".rdb") {
      try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    }
  }

  /// Stops the process as `SIGSTOP` does: connections stay open and nothing is answered.
  public func suspend() {
    process.withLockedValue { $0 }.signal(SIGSTOP)
  }

  /// Lets the process go on after ``suspend()``.
  public func resume() {
    process.withLockedValue { $0 }.signal(SIGCONT)
  }

  /// Starts the server again on the same port and directory, ending it first if it runs, and waits until it accepts
  /// connections.
  ///
  /// Without ``Options/appendOnly`` it comes back empty unless it was saved.
  ///
  /// - Throws: ``ServerProcessError`` if it does not start.
  public func restart() async throws {
    await terminate()
    let arguments = RedisServer.arguments(options, directory, port, certificate)
    let again = try await RedisServer.launch(arguments, environment: options.environment)
    process.withLockedValue { $0 = again }
  }

  /// Ends the server, waits until it is gone, and removes its directory.
  public func stop() async {
    let client = commands.withLockedValue { $0.take() }
    await client?.shutdown()
    await terminate()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Asks the process to end; a suspended one must go on to hear of it.
  private func terminate() async {
    let process = process.withLockedValue { $0 }
    process.signal(SIGTERM)
    process.signal(SIGCONT)
    await process.ended()
  }
}

import Foundation

/// A worker process.
struct Worker: Sendable {
  let program: Program
  let port: Int

  /// Starts one and returns when it takes requests.
  static func start(_ path: String, _ settings: WorkerSettings, directory: URL, name: String) async throws -> Worker {
    let file = directory.appending(path: "\(name).yaml")
    try settings.yaml.write(to: file, atomically: true, encoding: .utf8)
    let program = try await Program(path, ["--config", file.path])
    return Worker(program: program, port: try await program.port(after: #""message":"listening on "#))
  }
}

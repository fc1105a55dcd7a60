import Foundation

/// A directory of a run's own.
enum Scratch {
  /// Makes one, and takes it away again.
  static func withDirectory<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let name = "idempotency-benchmarks-\(UUID().uuidString)"
    let directory = FileManager.default.temporaryDirectory.appending(path: name)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(directory)
  }
}

import Foundation

/// The worker's executable: as it is built beside this one, or another that the command line names.
enum WorkerProgram {
  /// Where the worker is, built first if it is not up to date.
  ///
  /// - Parameter path: What the command line names; nil for the package's own.
  /// - Returns: Its path.
  /// - Throws: ``BenchmarkError`` with what the build printed.
  static func find(_ path: String?) throws -> String {
    if let path {
      guard FileManager.default.isExecutableFile(atPath: path) else { throw BenchmarkError("no program at \(path)") }
      return path
    }
    #if DEBUG
      throw BenchmarkError("a debug build measures nothing of interest: swift run -c release benchmarks …")
    #else
      let folder = URL(fileURLWithPath: own).deletingLastPathComponent()
      try build(in: try package(of: folder))
      return folder.appending(path: "idempotency-worker").path
    #endif
  }

  /// This program's own path, for what of it runs in processes of its own.
  static var own: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }

  private static func build(in package: URL) throws {
    Progress.note("building idempotency-worker, if it is not up to date")
    let build = try CommandOutput(
      of: ["swift", "build", "-c", "release", "--product", "idempotency-worker"], in: package)
    guard build.status == 0 else { throw BenchmarkError("the worker's build failed:\n\(build.text)") }
  }

  private static func package(of folder: URL) throws -> URL {
    var folder = folder
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      if FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) { return folder }
    }
    throw BenchmarkError("this program is in no package's build folder; name the worker: --worker PATH")
  }
}

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

/// A node that is a process of `idempotency-worker`, with an origin's server behind it.
final class WorkerNode: Node {
  let port: Int
  private let adminPort: Int
  private let process: NodeProcess

  private init(port: Int, adminPort: Int, process: NodeProcess) {
    self.port = port
    self.adminPort = adminPort
    self.process = process
  }

  /// Starts a worker and waits until it takes requests.
  static func start(_ settings: NodeSettings, originPort: Int) async throws -> WorkerNode {
    let file = WorkerConfigurationFile(
      options: settings.options, redisPort: settings.redisPort, prefix: settings.prefix, originPort: originPort,
      workerID: "node-\(settings.number)")
    let process = try await launch(file)
    let ports = try await process.ports(after: ["\"message\":\"listening on ", "\"message\":\"admin listening on "])
    return WorkerNode(port: ports[0], adminPort: ports[1], process: process)
  }

  /// Starts a worker and does not wait for anything.
  static func launch(
    _ file: WorkerConfigurationFile, environment: [String: String] = [:]
  ) async throws -> NodeProcess {
    var file = file
    let directory = "/tmp/worker-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    if let pepper = file.options.pepper {
      file.pepperFile = "\(directory)/pepper"
      try Data(pepper).write(to: URL(fileURLWithPath: "\(directory)/pepper"))
    }
    if let keys = file.options.tokenKeys {
      file.tokenKeysFile = "\(directory)/keys.json"
      try keys.write(toFile: "\(directory)/keys.json", atomically: false, encoding: .utf8)
    }
    try file.yaml().write(toFile: "\(directory)/worker.yaml", atomically: false, encoding: .utf8)
    return try await NodeProcess(
      ["idempotency-worker", "IdempotencyWorker"], ["--config", "\(directory)/worker.yaml"], environment: environment,
      directory: directory)
  }

  /// What it printed last.
  var output: String { process.output }

  func beginStopping() async {
    process.signal(SIGTERM)
  }

  func abort() {
    process.signal(SIGKILL)
  }

  func stop() async throws {
    process.signal(SIGTERM)
    let status = await process.ended()
    guard status == 0 else { throw HarnessError("a worker ended with \(status):\n\(process.output)") }
  }

  /// What it says of itself.
  func metrics() async throws -> MetricsPage { try await MetricsPage(adminPort: adminPort) }

  func requests(policy: String?) async throws -> [String: Int64]? {
    try await metrics().requests(policy: policy).filter { $0.value > 0 }
  }
}

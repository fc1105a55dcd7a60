import Foundation
import Testing
@testable import Harness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A process of `idempotency-worker` that a fault may do anything to.
final class FleetWorker: Node {
  let port: Int
  private let adminPort: Int
  private let process: NodeProcess

  /// Starts a worker and waits until it takes requests.
  static func start(_ file: WorkerConfigurationFile, environment: [String: String] = [:]) async throws -> FleetWorker {
    let process = try await WorkerNode.launch(file, environment: environment)
    let ports = try await process.ports(after: ["\"message\":\"listening on ", "\"message\":\"admin listening on "])
    return FleetWorker(port: ports[0], adminPort: ports[1], process: process)
  }

  private init(port: Int, adminPort: Int, process: NodeProcess) {
    self.port = port
    self.adminPort = adminPort
    self.process = process
  }

  /// What it printed last.
  var output: String { process.output }

  /// How many of the lines that it printed contain a text, as far as they are kept.
  func lineCount(with text: String) -> Int { process.lineCount(with: text) }

  /// Its exit status; nil while it runs.
  var exitStatus: Int32? { process.exitStatus }

  /// Kills it with SIGKILL and returns when it is gone.
  func kill() async { await process.kill() }

  /// Stops it as SIGSTOP does; nothing in it runs on when this has returned.
  func suspend() async throws { try await process.suspend() }

  /// Lets it go on after ``suspend()``.
  func resume() { process.signal(SIGCONT) }

  /// Waits for its end.
  /// - Returns: Its exit status.
  @discardableResult
  func ended() async -> Int32 { await process.ended() }

  func beginStopping() async { process.signal(SIGTERM) }

  func abort() { process.signal(SIGKILL) }

  func stop() async throws {
    process.signal(SIGTERM)
    let status = await process.ended()
    guard status == 0 else { throw HarnessError("a worker ended with \(status):\n\(process.output)") }
  }

  func requests(policy: String?) async throws -> [String: Int64]? {
    try await MetricsPage(adminPort: adminPort).requests(policy: policy)
  }

  /// The series of a counter, by their labels as they stand in `/metrics`.
  func counter(_ name: String) async throws -> [String: Int64] {
    try await MetricsPage(adminPort: adminPort).series(name)
  }

  /// How many store operations of a kind had no reply, so that they may have been applied; of all kinds for nil.
  func unknownOutcomes(_ operation: String? = nil) async throws -> Int64 {
    let failures = try await counter("idempotency_store_failures_total")
    return failures.filter { series, _ in
      series.contains("kind=\"unknown\"") && (operation.map { series.contains("operation=\"\($0)\"") } ?? true)
    }.values.reduce(0, +)
  }
}

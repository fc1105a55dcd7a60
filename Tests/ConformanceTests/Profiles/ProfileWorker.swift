import Foundation
import IdempotencyTesting
@testable import Harness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A worker process that is configured by a profile.
final class ProfileWorker: Node {
  let port: Int
  private let adminPort: Int
  private let process: NodeProcess

  /// Starts a worker with a configuration file and waits until it takes requests.
  ///
  /// `flags` say where it finds the others; nothing of what it decides.
  init(file: String, flags: [String]) async throws {
    process = try await Self.launch(["--config", file, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"] + flags)
    let ports = try await process.ports(after: ["\"message\":\"listening on ", "\"message\":\"admin listening on "])
    (port, adminPort) = (ports[0], ports[1])
  }

  /// Starts the program and does not wait for anything.
  static func launch(_ arguments: [String]) async throws -> NodeProcess {
    try await NodeProcess(["idempotency-worker", "IdempotencyWorker"], arguments)
  }

  /// Kills it with SIGKILL and returns when it is gone.
  func kill() async { await process.kill() }

  func beginStopping() async { process.signal(SIGTERM) }

  func abort() { process.signal(SIGKILL) }

  func stop() async throws {
    guard process.exitStatus == nil else { return }
    process.signal(SIGTERM)
    let status = await process.ended()
    guard status == 0 else { throw HarnessError("a worker ended with \(status):\n\(process.output)") }
  }

  /// The counter `idempotency_requests_total` by status, over all policies.
  func requests(policy: String?) async throws -> [String: Int64]? {
    let text = try await Call("GET", "/metrics", caller: nil).send(to: "http://127.0.0.1:\(adminPort)").text
    var counts: [String: Int64] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("idempotency_requests_total{") {
      guard policy.map({ line.contains("policy=\"\($0)\"") }) ?? true,
        let status = line.firstMatch(of: /status="([a-z-]+)"/)?.1,
        let count = line.split(separator: " ").last.flatMap({ Int64($0) })
      else { continue }
      counts[String(status), default: 0] += count
    }
    return counts
  }
}
